// One line a promise: what we do, what the rival does, and the ratio, all from the same run.
//
//   RESULT dispatch/flat/100000 ours=912345.0 rival=3.1 ratio=294304.8

#pragma once

#include <cstdio>
#include <string>

namespace headrace::bench {

// Both in the same unit, more being better (operations a second).
inline void PrintResult(const std::string& name, double ours, double rival) {
  std::printf(
      "RESULT %s ours=%.1f rival=%.1f ratio=%.1f\n", name.c_str(), ours, rival, ours / rival);
  std::fflush(stdout);
}

}  // namespace headrace::bench
