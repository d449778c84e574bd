// What an attempt's log file holds: whole frames, and of too much output the first and last part.

#include "worker/attempt_log.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/resource.h>

#include <gtest/gtest.h>

namespace headrace::worker {
namespace {

using enum AttemptLog::Stream;

class FixedClock final : public Clock {
 public:
  Timestamp Now() const override { return Timestamp(std::chrono::milliseconds(1700000000123)); }
};

class AttemptLogTest : public testing::Test {
 protected:
  ~AttemptLogTest() override { std::filesystem::remove_all(dir_); }

  std::unique_ptr<AttemptLog> Open(int64_t bytes_max = 1000, int64_t tail_max = 100) {
    Result<std::unique_ptr<AttemptLog>> log = AttemptLog::Open(
        {.dir = dir_, .bytes_max = bytes_max, .tail_max = tail_max}, 12345, clock_);
    EXPECT_TRUE(log) << log.error().message;
    return *std::move(log);
  }

  std::string FileText() const {
    std::ifstream file(dir_ + "/12/12345.log", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static std::string MakeDir() {
    char name[] = "/tmp/worker.log.XXXXXX";
    return ::mkdtemp(name);
  }

  const FixedClock clock_;
  const std::string dir_ = MakeDir();
};

TEST_F(AttemptLogTest, FramesHoldBytesAsTheyWerePrinted) {
  const auto log = Open();

  log->Write(kOut, "one\ntwo");
  log->Write(kErr, std::string("\xff\0\n", 3));
  log->Note("runs in a fresh interpreter");
  log->Close("done");

  EXPECT_EQ(FileText(),
            "1700000000123 O 7\none\ntwo\n" + std::string("1700000000123 E 3\n\xff\0\n\n", 22) +
                "1700000000123 E 39\n[headrace] runs in a fresh interpreter\n\n"
                "1700000000123 X 4\ndone\n");
  EXPECT_EQ(log->bytes(), 7 + 3 + 39);
}

TEST_F(AttemptLogTest, OutputIsOnDiskBeforeTheAttemptEnds) {
  const auto log = Open();

  log->Write(kOut, "early");

  EXPECT_EQ(FileText(), "1700000000123 O 5\nearly\n");
}

TEST_F(AttemptLogTest, OutputUpToTheLimitIsWhole) {
  const auto log = Open(10, 4);

  log->Write(kOut, "01234567");
  log->Write(kErr, "89");
  log->Close("done");

  EXPECT_EQ(FileText(),
            "1700000000123 O 6\n012345\n1700000000123 O 2\n67\n1700000000123 E 2\n89\n"
            "1700000000123 X 4\ndone\n");
  EXPECT_EQ(log->left_out(), 0);
}

TEST_F(AttemptLogTest, OfTooMuchOutputTheMiddleIsLeftOutWithALineThatSaysHowMuch) {
  const auto log = Open(10, 4);

  log->Write(kOut, "0123456789abcdef");
  log->Write(kErr, "XY");
  log->Close("failed");

  const std::string text = FileText();
  EXPECT_TRUE(text.starts_with("1700000000123 O 6\n012345\n")) << text;
  EXPECT_NE(text.find("O 34\n\n[headrace] 8 bytes left out here\n"), std::string::npos) << text;
  EXPECT_NE(text.find(" O 2\nef\n1700000000123 E 2\nXY\n"), std::string::npos) << text;
  EXPECT_NE(text.find("failed; 8 bytes of its output left out\n"), std::string::npos) << text;
  EXPECT_EQ(log->left_out(), 8);
}

TEST_F(AttemptLogTest, ManySmallWritesKeepExactlyTheTail) {
  const auto log = Open(2000, 1000);
  std::string all;

  for (int i = 0; i < 5000; ++i) {
    const std::string line = std::to_string(i) + "\n";
    log->Write(kOut, line);
    all += line;
  }
  log->Close("done");

  const std::string text = FileText();
  EXPECT_NE(text.find(" O 1000\n" + all.substr(all.size() - 1000) + "\n"), std::string::npos);
  EXPECT_EQ(log->left_out(), static_cast<int64_t>(all.size()) - 2000);
}

TEST_F(AttemptLogTest, FullDiskEndsTheLogAfterAWholeFrame) {
  const auto log = Open();
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 40, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);

  log->Write(kOut, "first");
  log->Write(kOut, "does not fit into what is left");
  ::setrlimit(RLIMIT_FSIZE, &before);
  log->Write(kOut, "later");
  log->Close("done");

  EXPECT_EQ(FileText(), "1700000000123 O 5\nfirst\n");
  EXPECT_NE(log->error().find("File too large"), std::string::npos) << log->error();
}

TEST_F(AttemptLogTest, FolderThatCannotBeMadeIsNamed) {
  const auto log = AttemptLog::Open({.dir = "/proc/none"}, 1, clock_);

  EXPECT_NE(log.error().message.find("/proc/none/0"), std::string::npos) << log.error().message;
}

}  // namespace
}  // namespace headrace::worker
