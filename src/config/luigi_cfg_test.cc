// Luigi's parser, compared with Luigi's own on thousands of random files (tests/config/golden.py),
// and what is said about a bad file.

#include "config/luigi_cfg.h"

#include <fstream>

#include <gtest/gtest.h>

namespace headrace::config {
namespace {

// One line a case, of hex texts parted by blanks: the file; then "error" where Luigi refuses it, or
// for each section and key "section key value", the value "-" where Luigi cannot interpolate it.
std::string FromHex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string text;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    text += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  }
  return text;
}

std::vector<std::string> Words(const std::string& line) {
  std::vector<std::string> words;
  size_t begin = 0;
  while (begin < line.size()) {
    const size_t end = std::min(line.find(' ', begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

const LuigiCfg::Variables kVariables = {{"HOME", "/home/me"}, {"EMPTY", ""}, {"A b", "odd"}};

TEST(LuigiCfg, ReadsWhatLuigiReads) {
  std::ifstream golden(LUIGI_CFG_GOLDEN_FILE);
  std::string line;
  size_t cases = 0, refused = 0, values = 0;
  while (std::getline(golden, line)) {
    if (line.starts_with('#')) continue;
    const std::vector<std::string> words = Words(line);
    const std::string text = FromHex(words.at(0).substr(1));
    LuigiCfg cfg;
    ConfigErrors errors;
    cfg.Read(text, "luigi.cfg", errors);
    ++cases;
    ASSERT_EQ(!errors.empty(), words.at(1) == "error") << text;
    if (!errors.empty()) {
      ++refused;
      continue;
    }
    size_t keys = 0;
    for (const std::string& section : cfg.Sections()) keys += cfg.Keys(section).size();
    keys += cfg.Keys("DEFAULT").size();
    ASSERT_EQ(keys, (words.size() - 2) / 3) << text;
    for (size_t i = 2; i + 2 < words.size(); i += 3) {
      const std::string section = FromHex(words[i].substr(1)),
                        key = FromHex(words[i + 1].substr(1));
      ConfigErrors problems;
      const auto value = cfg.Get(section, key, kVariables, problems);
      ++values;
      ASSERT_EQ(value.has_value(), words[i + 2] != "-")
          << text << "\n[" << section << "] " << key
          << (problems.empty() ? "" : ": " + problems[0].message);
      if (!value) continue;
      ASSERT_EQ(value->text, FromHex(words[i + 2].substr(1))) << text << "\n" << key;
    }
  }
  EXPECT_GE(cases, 2000u);
  EXPECT_GE(refused, 100u);
  EXPECT_GE(values, 2000u);
}

std::string ErrorsOf(std::string_view text) {
  LuigiCfg cfg;
  ConfigErrors errors;
  cfg.Read(text, "luigi.cfg", errors);
  std::string lines;
  for (const ConfigError& error : errors) lines += error.Text() + "\n";
  return lines;
}

TEST(LuigiCfg, MistakesAreNamedWithTheirLine) {
  EXPECT_EQ(ErrorsOf("a = 1\n"),
            "luigi.cfg:1:1: a line before the first [section]; put it below one\n");
  EXPECT_EQ(ErrorsOf("[a]\nx = 1\n[a]\n"),
            "luigi.cfg:3:1: section [a] a second time in this file; join them\n");
  EXPECT_EQ(ErrorsOf("[a]\nx = 1\n x2\ny\nx = 2\n"),
            "luigi.cfg:4:1: 'y' is neither [section] nor key = value\n"
            "luigi.cfg:5:1: key 'x' a second time in section [a]; remove one\n");
}

TEST(LuigiCfg, ReferencesThatLeadNowhereAreNamed) {
  LuigiCfg cfg;
  ConfigErrors errors;
  cfg.Read("[a]\nx = %(y)s\ny = %(x)s\nz = %(none)s\nw = 5%\n", "luigi.cfg", errors);
  for (const char* key : {"x", "z", "w"}) EXPECT_FALSE(cfg.Get("a", key, {}, errors));
  ASSERT_EQ(errors.size(), 3u);
  EXPECT_EQ(errors[0].Text(), "luigi.cfg:2:1: [a] x: references go deeper than 10 or in a circle");
  EXPECT_EQ(errors[1].Text(), "luigi.cfg:4:1: [a] z: %(none)s: no key 'none' in [a] or [DEFAULT]");
  EXPECT_EQ(errors[2].Text(), "luigi.cfg:5:1: [a] w: '%': a % stands only in %(key)s and %%");
}

TEST(LuigiCfg, ReferencesThatMultiplyAreBounded) {
  std::string text = "[a]\nk0 =\n";
  for (int i = 1; i < 10; ++i) {
    text += "k" + std::to_string(i) + " = ";
    for (int j = 0; j < 100; ++j) text += "%(k" + std::to_string(i - 1) + ")s";
    text += "\n";
  }
  LuigiCfg cfg;
  ConfigErrors errors;
  cfg.Read(text, "luigi.cfg", errors);
  EXPECT_FALSE(cfg.Get("a", "k9", {}, errors));
}

}  // namespace
}  // namespace headrace::config
