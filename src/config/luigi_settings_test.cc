// Which of Luigi's files are read, in which order, and what is picked from them.

#include "config/luigi_settings.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

namespace headrace::config {
namespace {

namespace fs = std::filesystem;

class LuigiSettingsTest : public testing::Test {
 protected:
  LuigiSettingsTest() {
    folder_ = fs::path(testing::TempDir()) / ("luigi." + std::to_string(getpid()));
    fs::create_directories(folder_ / "etc");
    sources_.system_dir = (folder_ / "etc").string();
    sources_.cwd = folder_.string();
  }
  ~LuigiSettingsTest() override { fs::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }

  // The value of a path, "" for none; complaints are kept.
  std::string Value(const std::string& path) {
    errors_.clear();
    warnings_.clear();
    settings_ = ReadLuigiSettings(sources_, errors_, warnings_);
    const auto found = settings_.values.find(path);
    return found == settings_.values.end() ? "" : found->second.text;
  }

  std::string Warnings() const {
    std::string text;
    for (const ConfigError& warning : warnings_) text += warning.Text() + "\n";
    return text;
  }

  fs::path folder_;
  LuigiSources sources_;
  LuigiSettings settings_;
  ConfigErrors errors_;
  ConfigErrors warnings_;
};

TEST_F(LuigiSettingsTest, LaterFileWins) {
  Write("etc/client.cfg", "[scheduler]\nretry_count = 1\n");
  EXPECT_EQ(Value("scheduler.retry_count"), "1");
  Write("etc/luigi.cfg", "[scheduler]\nretry_count = 2\n");
  EXPECT_EQ(Value("scheduler.retry_count"), "2");
  Write("client.cfg", "[scheduler]\nretry_count = 3\n");
  EXPECT_EQ(Value("scheduler.retry_count"), "3");
  Write("luigi.cfg", "[scheduler]\nretry_count = 4\n");
  EXPECT_EQ(Value("scheduler.retry_count"), "4");
  Write("more.cfg", "[scheduler]\nretry_count = 5\n");
  sources_.environment["LUIGI_CONFIG_PATH"] = "more.cfg";
  EXPECT_EQ(Value("scheduler.retry_count"), "5");
  EXPECT_EQ(settings_.files.size(), 5u);
}

TEST_F(LuigiSettingsTest, DashesAndOldPlacesAreTakenWithAWarning) {
  Write("luigi.cfg",
        "[scheduler]\nretry-delay = 7\n[core]\nerror-email = a@b\nsmtp_port = 25\n"
        "[batch-notifier]\nemail-interval-minutes = 9\n");
  EXPECT_EQ(Value("scheduler.retry_delay"), "7");
  EXPECT_EQ(Value("email.receiver"), "a@b");
  EXPECT_EQ(Value("smtp.port"), "25");
  EXPECT_EQ(Value("batch_email.email_interval"), "9");
  EXPECT_EQ(
      Warnings(),
      "luigi.cfg:2:1: [scheduler] retry-delay is an old spelling; write [scheduler] retry_delay\n"
      "luigi.cfg:4:1: [core] error-email is an old spelling; write [email] receiver\n"
      "luigi.cfg:5:1: [core] smtp_port is an old spelling; write [smtp] port\n"
      "luigi.cfg:7:1: [batch-notifier] email-interval-minutes is an old spelling; write "
      "[batch_email] email_interval\n");
}

TEST_F(LuigiSettingsTest, ResourcesAreAllKeysButThoseOfDefault) {
  Write("luigi.cfg", "[DEFAULT]\nhost = x\n[resources]\nDB = 2\nhive-slots = 3\n");
  EXPECT_EQ(Value("resources.DB"), "2");
  EXPECT_EQ(Value("resources.hive-slots"), "3");
  EXPECT_EQ(Value("resources.host"), "");
  EXPECT_EQ(Warnings(), "");
}

TEST_F(LuigiSettingsTest, UnknownAndUselessKeysWarn) {
  Write(
      "luigi.cfg",
      "[scheduler]\nretry_dealy = 7\nstate_path = /x\n[MyTask]\nanything = goes\n[core]\nx = 1\n");
  Value("");
  EXPECT_EQ(Warnings(),
            "luigi.cfg:2:1: [scheduler] retry_dealy: unknown key, did you mean 'retry_delay'?\n"
            "luigi.cfg:3:1: [scheduler] state_path has no effect: the state is kept in "
            "scheduler.store of headrace.toml\n");
}

TEST_F(LuigiSettingsTest, TomlIsReadInsteadWhenLuigiIsToldSo) {
  Write("luigi.cfg", "[scheduler]\nretry_count = 4\n");
  Write("luigi.toml", "[scheduler]\nretry_count = 6\nbogus = 1\n[resources]\ndb = 2\n");
  sources_.environment["LUIGI_CONFIG_PARSER"] = "toml";
  EXPECT_EQ(Value("scheduler.retry_count"), "6");
  EXPECT_EQ(Value("resources.db"), "2");
  EXPECT_EQ(Warnings(), "luigi.toml:3:1: [scheduler] bogus: unknown key\n");
}

TEST_F(LuigiSettingsTest, PathThatDoesNotFitTheParserIsLeftOutWithAWarning) {
  Write("more.toml", "[scheduler]\nretry_count = 6\n");
  sources_.environment["LUIGI_CONFIG_PATH"] = "more.toml";
  EXPECT_EQ(Value("scheduler.retry_count"), "");
  EXPECT_EQ(Warnings(),
            "environment variable LUIGI_CONFIG_PATH: more.toml is not read: set "
            "LUIGI_CONFIG_PARSER=toml, as Luigi asks for\n");
  sources_.environment["LUIGI_CONFIG_PATH"] = "none.cfg";
  Value("");
  EXPECT_EQ(Warnings(), "environment variable LUIGI_CONFIG_PATH: no such file: none.cfg\n");
}

TEST_F(LuigiSettingsTest, UnsetVariableIsAnErrorAtItsPlace) {
  Write("luigi.cfg", "[scheduler]\nretry_count = ${NO_SUCH}\n");
  Value("");
  ASSERT_EQ(errors_.size(), 1u);
  EXPECT_EQ(
      errors_[0].Text(),
      "luigi.cfg:2:1: [scheduler] retry_count: ${NO_SUCH}: no such environment variable; set it");
}

}  // namespace
}  // namespace headrace::config
