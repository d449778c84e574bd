// Mistakes in headrace.toml, one file each in tests/config/mistakes; what is said about them stands
// in tests/config/mistakes/expected.txt. After a change that is meant: HEADRACE_WRITE_EXPECTED=1.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "config/load.h"

namespace headrace::config {
namespace {

namespace fs = std::filesystem;

std::string Complaints(const std::string& file) {
  LoadOptions options;
  options.file = file;
  options.cwd = MISTAKES_FOLDER;
  options.read_luigi = false;
  const auto loaded = LoadConfig(options);
  if (loaded) return "nothing\n";
  std::string text;
  for (const ConfigError& error : loaded.error().errors) text += error.TextWithExcerpt() + "\n";
  return text;
}

std::string AllComplaints() {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(MISTAKES_FOLDER)) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path().filename());
  }
  std::ranges::sort(files);
  std::string text;
  for (const std::string& file : files) text += Complaints(file) + "\n";
  return text;
}

TEST(Mistakes, EachIsNamedWithItsPlaceAndWhatWouldBeRight) {
  const std::string path = std::string(MISTAKES_FOLDER) + "/expected.txt";
  if (std::getenv("HEADRACE_WRITE_EXPECTED") != nullptr) std::ofstream(path) << AllComplaints();
  std::ostringstream expected;
  expected << std::ifstream(path).rdbuf();
  EXPECT_EQ(AllComplaints(), expected.str());
}

TEST(Mistakes, NoneOfTheFilesIsTakenForGood) {
  size_t files = 0;
  for (const auto& entry : fs::directory_iterator(MISTAKES_FOLDER)) {
    if (entry.path().extension() != ".toml") continue;
    ++files;
    EXPECT_NE(Complaints(entry.path().filename()), "nothing\n") << entry.path();
  }
  EXPECT_GE(files, 40u);
}

}  // namespace
}  // namespace headrace::config
