// From files, environment and flags to a Config: who wins, what is relative to what, what is shown.

#include "config/load.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/time_zone.h"

namespace headrace::config {
namespace {

namespace fs = std::filesystem;

class LoadTest : public testing::Test {
 protected:
  LoadTest() {
    folder_ = fs::path(testing::TempDir()) / ("config." + std::to_string(getpid()));
    fs::create_directories(folder_ / "etc");
    options_.cwd = folder_.string();
    options_.luigi_system_dir = (folder_ / "etc").string();
    options_.system_file = "";
  }
  ~LoadTest() override { fs::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }

  LoadedConfig Load() {
    auto loaded = LoadConfig(options_);
    if (loaded) return std::move(*loaded);
    for (const ConfigError& error : loaded.error().errors) ADD_FAILURE() << error.Text();
    return {};
  }

  std::vector<std::string> Errors() {
    std::vector<std::string> texts;
    const auto loaded = LoadConfig(options_);
    if (loaded) return texts;
    for (const ConfigError& error : loaded.error().errors) texts.push_back(error.Text());
    return texts;
  }

  std::string Path(const std::string& name) { return (folder_ / name).string(); }

  fs::path folder_;
  LoadOptions options_;
};

TEST_F(LoadTest, WithoutAnyFileTheDefaultsAreTheConfiguration) {
  const LoadedConfig loaded = Load();

  EXPECT_TRUE(loaded.files.empty());
  EXPECT_EQ(loaded.config.scheduler.listen_port, 8082);
  EXPECT_EQ(loaded.config.scheduler.url, "http://127.0.0.1:8082");
  EXPECT_EQ(loaded.config.scheduler.store_path, Path("var"));
  EXPECT_EQ(loaded.config.luigi_scheduler.retry_delay, std::chrono::minutes(15));
  ASSERT_EQ(loaded.config.pools.size(), 1u);
  EXPECT_EQ(loaded.config.pools[0].name, "default");
}

TEST_F(LoadTest, WholeFileOfTheManualIsRead) {
  Write("headrace.toml", R"(
[scheduler]
listen = "127.0.0.1:0"
store  = "sqlite:///var/lib/headrace"
[host]
python = ".venv/bin/python"
path   = ["pipelines"]
[pools.default]
slots = 8
[pools.emr]
slots = 64
families = ["Emr*"]
[pipelines.search_ctr]
module   = "search.ctr"
task     = "SearchCTR"
params   = { hour = "{interval_start:%Y-%m-%dT%H}", limit = 3, dry = false }
schedule = "5 * * * *"
timezone = "Europe/Berlin"
start    = 2026-03-01
end      = 2026-04-01T00:00:00Z
catchup  = 5
weight   = 2
retry    = { count = 3, delay = "1m", backoff = 2.0, max_delay = "1h" }
)");

  const Config config = Load().config;

  EXPECT_EQ(config.scheduler.store_path, "/var/lib/headrace");
  EXPECT_EQ(config.host.python, Path(".venv/bin/python"));
  EXPECT_EQ(config.host.path, std::vector{Path("pipelines")});
  EXPECT_EQ(config.pools[1].families, std::vector<std::string>{"Emr*"});
  const PipelineConfig& pipeline = config.pipelines.at(0);
  EXPECT_EQ(pipeline.name, "search_ctr");
  EXPECT_EQ(
      pipeline.params,
      (Environment{{"dry", "false"}, {"hour", "{interval_start:%Y-%m-%dT%H}"}, {"limit", "3"}}));
  EXPECT_EQ(FormatIso(*pipeline.start, UtcTimeZone{}), "2026-02-28T23:00:00Z");
  EXPECT_EQ(FormatIso(*pipeline.end, UtcTimeZone{}), "2026-04-01T00:00:00Z");
  EXPECT_EQ(pipeline.catchup, 5);
  EXPECT_EQ(pipeline.retry.count, 3);
  EXPECT_EQ(pipeline.retry.delay, std::chrono::minutes(1));
  EXPECT_EQ(pipeline.retry.max_delay, std::chrono::hours(1));
}

TEST_F(LoadTest, FlagBeatsEnvironmentBeatsFileBeatsLuigiBeatsDefault) {
  const auto delay = [&] { return Load().config.luigi_scheduler.retry_delay; };
  EXPECT_EQ(delay(), std::chrono::seconds(900));
  Write("luigi.cfg", "[scheduler]\nretry_delay = 1\n");
  EXPECT_EQ(delay(), std::chrono::seconds(1));
  Write("headrace.toml", "[scheduler]\nretry_delay = \"2s\"\n");
  EXPECT_EQ(delay(), std::chrono::seconds(2));
  options_.environment["HEADRACE_SCHEDULER_RETRY_DELAY"] = "3";
  EXPECT_EQ(delay(), std::chrono::seconds(3));
  options_.Override("scheduler.retry_delay", "4s");
  EXPECT_EQ(delay(), std::chrono::seconds(4));
}

TEST_F(LoadTest, FlagsReachEveryDepthAndMakeWhatIsNotThere) {
  options_.Override("pipelines.x.module", "m");
  options_.Override("pipelines.x.task", "T");
  options_.Override("pipelines.x.params.\"a.b\"", "1");
  options_.Override("pipelines.x.retry.count", "7");
  options_.Override("pools.big.families", "A*, B*");
  options_.Override("host.path", "[\"/p\"]");

  const Config config = Load().config;

  EXPECT_EQ(config.pipelines.at(0).params, (Environment{{"a.b", "1"}}));
  EXPECT_EQ(config.pipelines.at(0).retry.count, 7);
  EXPECT_EQ(config.pools.at(0).families, (std::vector<std::string>{"A*", "B*"}));
  EXPECT_EQ(config.host.path, std::vector<std::string>{"/p"});
}

TEST_F(LoadTest, MistakesInFlagsAndVariablesNameThem) {
  options_.environment["HEADRACE_SCHEDULER_LISTEN"] = "nowhere";
  options_.Override("scheduler.lisen", "127.0.0.1:1");
  options_.Override("worker.slots", "two");

  const std::vector<std::string> errors = Errors();

  ASSERT_EQ(errors.size(), 3u);
  EXPECT_EQ(errors[0],
            "--set scheduler.lisen: scheduler.lisen: unknown key 'lisen', did you mean 'listen'?");
  EXPECT_EQ(errors[1], "--set worker.slots: worker.slots: 'two' stands where an integer is needed");
  EXPECT_TRUE(errors[2].starts_with(
      "environment variable HEADRACE_SCHEDULER_LISTEN: scheduler.listen: \"nowhere\" is not"));
}

TEST_F(LoadTest, AllMistakesAreReportedInTheOrderOfTheFile) {
  Write("headrace.toml",
        "[pipelines.a]\nmodule = \"m\"\nschedule = \"x\"\npool = \"y\"\n[scheduler]\nlisten = 1\n");
  const std::vector<std::string> errors = Errors();
  ASSERT_EQ(errors.size(), 4u);
  EXPECT_TRUE(errors[0].starts_with("headrace.toml:1:")) << errors[0];
  EXPECT_TRUE(errors[1].starts_with("headrace.toml:3:")) << errors[1];
  EXPECT_TRUE(errors[2].starts_with("headrace.toml:4:")) << errors[2];
  EXPECT_TRUE(errors[3].starts_with("headrace.toml:6:")) << errors[3];
}

TEST_F(LoadTest, UnusedVariablesWarnButKubernetesOwnDoNot) {
  options_.environment = {{"HEADRACE_SCHEDULER_LISTN", "x"},
                          {"HEADRACE_SCHEDULER_PORT", "tcp://10.0.0.1:8082"},
                          {"HEADRACE_SCHEDULER_SERVICE_HOST", "10.0.0.1"},
                          {"HEADRACE_SEED", "1"}};
  const LoadedConfig loaded = Load();
  ASSERT_EQ(loaded.warnings.size(), 1u);
  EXPECT_EQ(loaded.warnings[0].Text(),
            "environment variable HEADRACE_SCHEDULER_LISTN: names no key of the configuration, and "
            "is not used");
}

TEST_F(LoadTest, FileThatIsNamedMustExist) {
  options_.file = "other.toml";
  EXPECT_EQ(Errors(),
            std::vector<std::string>{"other.toml: cannot be read: No such file or directory"});
}

TEST_F(LoadTest, PathsAreRelativeToTheFolderOfTheFile) {
  fs::create_directories(folder_ / "deep");
  Write("deep/headrace.toml", "[logs]\ndir = \"../logs\"\n[host]\npython = \"python3.11\"\n");
  options_.environment["HEADRACE_CONFIG"] = "deep/headrace.toml";

  const Config config = Load().config;

  EXPECT_EQ(config.logs.dir, Path("logs"));
  EXPECT_EQ(config.host.python, "python3.11");
  EXPECT_EQ(config.scheduler.store_path, Path("deep/var"));
}

TEST_F(LoadTest, PostgresStoreKeepsItsUrlAndHidesItsPassword) {
  options_.Override("scheduler.store", "postgresql://me:secret@db/headrace");
  const LoadedConfig loaded = Load();
  EXPECT_EQ(loaded.config.scheduler.store_kind, StoreKind::kPostgres);
  EXPECT_EQ(loaded.config.scheduler.store_path, "postgresql://me:secret@db/headrace");
  EXPECT_EQ(Describe(loaded, true).find("secret"), std::string::npos);
}

TEST_F(LoadTest, DescriptionHidesTokensPasswordsAndSecretsOfTheEnvironment) {
  Write("headrace.toml",
        "[scheduler]\nurl = \"http://ann:sesame1@h:1\"\ntoken = \"sesame2\"\n"
        "[host]\nenv = { AWS_SECRET_ACCESS_KEY = \"sesame3\", db_password = \"sesame4\", A = \"b\" "
        "}\n");

  const LoadedConfig loaded = Load();
  const std::string shown = Describe(loaded, true);

  EXPECT_EQ(loaded.config.scheduler.url, "http://ann:sesame1@h:1");
  EXPECT_EQ(loaded.config.scheduler.token, "sesame2");
  EXPECT_EQ(loaded.config.host.env.at("db_password"), "sesame4");
  EXPECT_EQ(shown.find("sesame"), std::string::npos) << shown;
  EXPECT_NE(shown.find("A = \"b\""), std::string::npos) << shown;
}

TEST_F(LoadTest, AFileWithATokenSpeaksWhereNoneIsGiven) {
  Write("token", "hr_0123abcd_x\nsecond line\n");
  Write("headrace.toml", "[scheduler]\ntoken_file = \"token\"\n");
  EXPECT_EQ(Load().config.scheduler.token, "hr_0123abcd_x");

  options_.Override("scheduler.token", "other");
  EXPECT_EQ(Load().config.scheduler.token, "other");
}

TEST_F(LoadTest, TlsNeedsBothFilesAndMakesTheUrlOne) {
  Write("headrace.toml", "[security]\ntls_certificate = \"a.crt\"\ntls_key = \"a.key\"\n");
  const Config config = Load().config;
  EXPECT_EQ(config.scheduler.url, "https://127.0.0.1:8082");
  EXPECT_EQ(config.security.tls_key, Path("a.key"));
  EXPECT_EQ(config.security.users, Path("var/users.json"));
}

TEST_F(LoadTest, DescriptionSaysWhereEachValueComesFromAndIsTomlItself) {
  Write("headrace.toml",
        "[pools.\"a.b\"]\nslots = 3\n[pipelines.x]\nmodule = \"m\"\ntask = \"T\"\n"
        "[pipelines.x.retry]\ncount = 2\n[resources]\n\"data base\" = 1\n");
  options_.environment["HEADRACE_QUEUE_PREFIX"] = "q-";

  const LoadedConfig loaded = Load();
  const std::string set = Describe(loaded, false);

  EXPECT_NE(set.find("[queue]\nprefix = \"q-\""), std::string::npos) << set;
  EXPECT_NE(set.find("# environment variable HEADRACE_QUEUE_PREFIX"), std::string::npos) << set;
  EXPECT_NE(set.find("# headrace.toml:2:9"), std::string::npos) << set;
  const std::string all = Describe(loaded, true);
  Write("headrace.toml", all);
  options_.environment.clear();
  EXPECT_EQ(Describe(Load(), false).substr(0, 12), all.substr(0, 12));
}

TEST_F(LoadTest, ValueOfLuigisFileIsCheckedToo) {
  Write("luigi.cfg", "[scheduler]\nretry_delay = soon\n[resources]\ndb = 2\nweb = x\n");
  const std::vector<std::string> errors = Errors();
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_TRUE(errors[0].starts_with("luigi.cfg:2:1: scheduler.retry_delay: 'soon' is not a "))
      << errors[0];
  EXPECT_EQ(errors[1], "luigi.cfg:5:1: resources.web: 'x' stands where an integer is needed");
}

}  // namespace
}  // namespace headrace::config
