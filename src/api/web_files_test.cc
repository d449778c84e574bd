// That the page is in the binary, and that each path shows what belongs there.
#include "api/web_files.h"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headrace::api {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(WebFiles, HoldTheDocumentAndWhatItLoads) {
  const WebFile* document = FindWebFile("/");
  ASSERT_NE(document, nullptr);

  EXPECT_EQ(document->mime, "text/html; charset=utf-8");
  EXPECT_THAT(std::string(document->bytes), HasSubstr("<base href=\"./\">"));
  EXPECT_FALSE(document->immutable);
  const std::string text(document->bytes);
  const std::size_t start = text.find("./assets/index");
  ASSERT_NE(start, std::string::npos);
  const WebFile* script = FindWebFile(text.substr(start + 1, text.find('"', start) - start - 1));
  ASSERT_NE(script, nullptr);
  EXPECT_TRUE(script->immutable);
  EXPECT_LT(script->gzip.size(), script->bytes.size());
}

TEST(WebFiles, ADeeperPathGetsADocumentWithADeeperBase) {
  const WebFile* runs = FindWebFile("/runs");
  const WebFile* run = FindWebFile("/runs/1029");
  const WebFile* deep = FindWebFile("/tasks/A_b_c/");

  ASSERT_TRUE(runs != nullptr && run != nullptr && deep != nullptr);
  EXPECT_EQ(runs, FindWebFile("/"));
  EXPECT_THAT(std::string(run->bytes), HasSubstr("<base href=\"../\">"));
  EXPECT_THAT(std::string(deep->bytes), HasSubstr("<base href=\"../../\">"));
  EXPECT_NE(run->etag, runs->etag);
}

TEST(WebFiles, WhatIsNotThePagesIsNotFound) {
  EXPECT_EQ(FindWebFile("/v1/runs"), nullptr);
  EXPECT_EQ(FindWebFile("/assets/none.js"), nullptr);
  EXPECT_EQ(FindWebFile("/index.html@1"), nullptr);
  EXPECT_EQ(FindWebFile("/runs/1/2/3/4"), nullptr);
  EXPECT_EQ(FindWebFile("/../etc/passwd"), nullptr);
  EXPECT_EQ(FindWebFile(""), nullptr);
}

TEST(WebFiles, AreSortedAndEachHasAQuotedEtag) {
  EXPECT_TRUE(std::ranges::is_sorted(WebFiles(), {}, &WebFile::path));
  for (const WebFile& file : WebFiles()) {
    EXPECT_THAT(std::string(file.etag), StartsWith("\"")) << file.path;
    EXPECT_FALSE(file.bytes.empty()) << file.path;
  }
}

TEST(WebFiles, TheFirstLoadStaysBelowFourHundredKilobytes) {
  std::size_t first_load = 0;
  for (const WebFile& file : WebFiles()) {
    const bool lazy = file.path.contains("run-graph") || file.path.contains('@');
    if (!lazy) first_load += file.gzip.empty() ? file.bytes.size() : file.gzip.size();
  }

  EXPECT_LT(first_load, 400'000u);
}

}  // namespace
}  // namespace headrace::api
