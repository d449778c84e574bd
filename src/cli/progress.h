// The progress display of `headrace up` and `headrace run`: tasks by status, what runs now, rate,
// time left. On a terminal a few lines that are drawn again; elsewhere a plain line when something
// changed.

#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "client/client.h"

namespace headrace::cli {

class Progress {
 public:
  explicit Progress(bool quiet);
  void Show(const client::Overview& overview, const std::vector<client::TaskRow>& running);
  // Leaves the terminal as it should be.
  void End();

 private:
  void Draw(const client::Overview& overview, const std::vector<client::TaskRow>& running);
  void PrintLine(const client::Overview& overview);
  double Rate(const client::Overview& overview);  // tasks a second, lately

  const bool quiet_;
  const bool terminal_;
  int lines_drawn_ = 0;
  std::string last_line_;
  std::chrono::steady_clock::time_point last_print_;
  std::chrono::steady_clock::time_point rate_at_;
  int64_t rate_done_ = -1;
  double rate_ = 0;
};

}  // namespace headrace::cli
