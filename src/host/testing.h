// What the host's tests share: the interpreter and the pipelines they run, a folder of their own.

#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "base/child_process.h"
#include "host/host_settings.h"

namespace headrace::host {

// An interpreter with Luigi: HEADRACE_TEST_PYTHON, or the one that scripts/setup makes.
inline std::string TestPython() {
  const char* named = std::getenv("HEADRACE_TEST_PYTHON");
  return named != nullptr ? named : HEADRACE_SOURCE_DIR "/build/venv/bin/python";
}

class HostTest : public testing::Test {
 protected:
  HostTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "headrace.host_test.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    std::filesystem::create_directory(folder_ / "w");
  }
  ~HostTest() override { std::filesystem::remove_all(folder_); }

  HostSettings Settings() const {
    return {.python = TestPython(),
            .package_dir = HEADRACE_SOURCE_DIR "/python",
            .path = {folder_, HEADRACE_SOURCE_DIR "/tests/host/pipelines"},
            .env = {{"HOST_TEST_DATA", folder_}}};
  }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  std::string Read(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return text.str();
  }

  std::filesystem::path folder_;
  Children children_;
};

}  // namespace headrace::host
