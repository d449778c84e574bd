// The snapshot file: damage is found and named, before any of its records is used.

#include "store/snapshot_file.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "store/testing.h"

namespace headrace::store {
namespace {

class SnapshotFileTest : public testing::Test {
 protected:
  SnapshotFileTest() {
    const auto file = Open();
    const auto writer = *(*file)->Begin(7, Timestamp{});
    for (int n = 0; n < 300'000; ++n) {  // several parts
      EXPECT_TRUE(writer->Add("record " + std::to_string(n) + "\n"));
    }
    EXPECT_TRUE(writer->Finish());
  }

  Result<std::unique_ptr<SnapshotFile>> Open() { return SnapshotFile::Open(folder_.path(), 1); }

  std::string Contents() const {
    std::ostringstream text;
    text << std::ifstream(path_, std::ios::binary).rdbuf();
    return text.str();
  }
  void Replace(const std::string& contents) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << contents;
  }
  // "" or the error; `seen` counts the bytes that were handed over.
  std::string ReadAll(size_t* seen = nullptr) {
    const auto file = Open();
    if (!file) return file.error().message;
    const Result<void> read = (*file)->Read([&](std::string_view records) -> Result<void> {
      if (seen != nullptr) *seen += records.size();
      return {};
    });
    return read ? "" : read.error().message;
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_.path() + "/snapshot";
};

TEST_F(SnapshotFileTest, AChangedByteIsFoundBeforeItsPartIsUsed) {
  std::string contents = Contents();
  contents[contents.size() / 2] ^= 1;
  Replace(contents);
  size_t seen = 0;

  const std::string error = ReadAll(&seen);

  EXPECT_NE(error.find("bad checksum"), std::string::npos) << error;
  EXPECT_NE(error.find(path_), std::string::npos) << error;
  EXPECT_LT(seen, contents.size() / 2);
}

TEST_F(SnapshotFileTest, AFileThatEndsAnywhereElseIsRefused) {
  const std::string contents = Contents();
  for (const size_t size : {contents.size() - 1, contents.size() - 25, contents.size() / 3}) {
    Replace(contents.substr(0, size));
    EXPECT_NE(ReadAll(), "") << size;
  }
}

TEST_F(SnapshotFileTest, APartThatIsMissingIsFound) {
  const std::string contents = Contents();
  const size_t first = contents.find("part ");
  const size_t second = contents.find("part ", first + 1);
  Replace(contents.substr(0, first) + contents.substr(second));

  EXPECT_NE(ReadAll().find("ends too early"), std::string::npos) << ReadAll();
}

TEST_F(SnapshotFileTest, ANewerFormatAndAnotherFileAreRefused) {
  Replace("{\"headrace_snapshot\":2,\"commit\":7}\n");
  EXPECT_NE(ReadAll().find("has format 2, this headrace reads up to 1"), std::string::npos);
  Replace("hello\n");
  EXPECT_NE(ReadAll().find("not a snapshot"), std::string::npos);
}

TEST_F(SnapshotFileTest, WhatAKilledWriterLeftBehindIsRemoved) {
  std::ofstream(path_ + ".new") << "half";

  EXPECT_EQ(ReadAll(), "");

  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

}  // namespace
}  // namespace headrace::store
