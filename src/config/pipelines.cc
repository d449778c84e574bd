// [pools.*] and [pipelines.*], and the checks that take more than one key.

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>

#include "base/cron.h"
#include "base/suggest.h"
#include "base/time_template.h"
#include "base/time_zone.h"
#include "config/quantity.h"
#include "config/sections.h"

namespace headrace::config {
namespace {

constexpr std::array<std::pair<std::string_view, Unit>, 2> kUnits = {
    {{"task", Unit::kTask}, {"pipeline", Unit::kPipeline}}};
constexpr std::array<std::pair<std::string_view, Isolation>, 2> kIsolations = {
    {{"fork", Isolation::kFork}, {"process", Isolation::kProcess}}};
constexpr std::array<std::string_view, 2> kTemplateNames = {"interval_start", "interval_end"};
constexpr std::string_view kDefaultPool = "default";
constexpr size_t kNameBytesMax = 100;

// Names stand in URLs, file names and queue names.
void CheckName(SectionReader& section, std::string_view name, std::string_view what) {
  const bool fits = !name.empty() && name.size() <= kNameBytesMax &&
                    std::ranges::all_of(name, [](unsigned char c) {
                      return (c < 0x80 && std::isalnum(c) != 0) || c == '_' || c == '-' || c == '.';
                    });
  if (fits) return;
  section.reading().ComplainAt(
      section.Place(),
      section.Path(),
      fmt::format("'{}' is no name of a {}: letters, digits, '_', '-' and '.', at most {}",
                  name,
                  what,
                  kNameBytesMax));
}

// Reads one pipeline and complains about what is wrong with it.
class PipelineReader {
 public:
  PipelineReader(SectionReader section, std::string name, std::string_view folder)
      : section_(std::move(section)), folder_(folder) {
    config_.name = std::move(name);
  }

  PipelineConfig Read(const HostConfig& host) {
    config_.module = host.module;
    section_.Read("module", config_.module);
    section_.Read("task", config_.task);
    section_.Read("params", config_.params);
    section_.Read("schedule", config_.schedule);
    section_.Read("timezone", config_.timezone);
    section_.Read("start", start_);
    section_.Read("end", end_);
    section_.ReadScalar("catchup", catchup_);
    section_.Read("max_active_runs", config_.max_active_runs);
    section_.Read("weight", config_.weight);
    section_.Read("pool", config_.pool);
    section_.ReadChoice<Unit>("unit", config_.unit, kUnits);
    section_.Read("timeout", config_.timeout);
    section_.ReadChoice<Isolation>("isolation", config_.isolation, kIsolations);
    section_.Read("env", config_.env);
    section_.Read("cwd", config_.cwd);
    ReadRetry();
    section_.Finish();

    CheckName(section_, config_.name, "pipeline");
    CheckTask();
    CheckSchedule();
    CheckTimes();
    CheckCatchup();
    CheckTemplates();
    CheckNumbers();
    if (!config_.cwd.empty()) config_.cwd = PathBelow(folder_, config_.cwd);
    return std::move(config_);
  }

 private:
  void ReadRetry() {
    SectionReader retry = section_.Section("retry");
    retry.Read("count", config_.retry.count);
    retry.Read("delay", config_.retry.delay);
    retry.Read("backoff", config_.retry.backoff);
    retry.Read("max_delay", config_.retry.max_delay);
    retry.Finish();
    const auto complain = [&](std::string_view key, std::string message) {
      reading().Complain(retry.PathOf(key), std::move(message));
    };
    const RetryConfig& config = config_.retry;
    if (config.count && *config.count < 1) {
      complain("count",
               fmt::format("{} is less than 1: the failures that disable a task", *config.count));
    }
    if (config.delay && *config.delay < Duration(0)) complain("delay", "is negative");
    if (config.backoff && !(*config.backoff >= 1 && *config.backoff <= 1000)) {
      complain("backoff", fmt::format("{} is not in 1-1000", *config.backoff));
    }
    if (config.max_delay && *config.max_delay < config.delay.value_or(Duration(0))) {
      complain("max_delay",
               fmt::format("{} is less than delay", FormatDuration(*config.max_delay)));
    }
  }

  void CheckTask() {
    if (config_.task.empty()) {
      Missing("task", "the name of the root task's class, task = \"SearchCTR\"");
    }
    if (config_.module.empty()) {
      Missing("module", "the Python module of the task, module = \"search.ctr\"");
    }
  }

  void Missing(std::string_view key, std::string_view what) {
    if (section_.Has(key) && reading().OriginOf(section_.PathOf(key)).source != "default") {
      reading().Complain(section_.PathOf(key), fmt::format("is empty; it is {}", what));
      return;
    }
    reading().ComplainAt(
        section_.Place(), section_.PathOf(key), fmt::format("is missing: {}", what));
  }

  void CheckSchedule() {
    if (!config_.schedule.empty()) {
      const auto cron = Cron::Parse(config_.schedule);
      if (!cron) Complain("schedule", cron.error().message);
    } else if (!start_.empty() || !end_.empty()) {
      reading().Warn(section_.PathOf(start_.empty() ? "end" : "start"),
                     "has no effect without a schedule");
    }
  }

  void CheckTimes() {
    const auto zone = LoadTimeZone(config_.timezone);
    if (!zone) Complain("timezone", zone.error().message);
    const UtcTimeZone utc;
    const TimeZoneRules& rules = zone ? **zone : static_cast<const TimeZoneRules&>(utc);
    config_.start = ReadTime("start", start_, rules);
    config_.end = ReadTime("end", end_, rules);
    if (config_.start && config_.end && *config_.end <= *config_.start) {
      Complain("end", fmt::format("{} is not after start, {}", end_, start_));
    }
  }

  std::optional<Timestamp> ReadTime(std::string_view key,
                                    const std::string& text,
                                    const TimeZoneRules& zone) {
    if (text.empty()) return std::nullopt;
    const auto at = ParseIso(text, zone);
    if (at) return *at;
    Complain(key, at.error().message);
    return std::nullopt;
  }

  void CheckCatchup() {
    const auto count = ParseInteger(catchup_);
    if (catchup_ == "all")
      config_.catchup = -1;
    else if (catchup_ == "latest")
      config_.catchup = 1;
    else if (count && *count >= 1)
      config_.catchup = *count;
    else
      Complain("catchup",
               fmt::format("{} is not \"all\", \"latest\" or how many intervals", catchup_));
  }

  void CheckTemplates() {
    for (const auto& [name, text] : config_.params) {
      const std::string path = fmt::format("{}.{}", section_.PathOf("params"), TomlKey(name));
      const auto parsed = TimeTemplate::Parse(text, kTemplateNames);
      const bool is_known = reading().places.contains(path);
      const std::string place = is_known ? path : section_.PathOf("params");
      if (!parsed) {
        reading().ComplainAt(reading().OriginOf(place), path, parsed.error().message);
      } else if (config_.schedule.empty() && text.contains("{interval_")) {
        reading().Warn(place, "needs an interval, and there is no schedule");
      }
    }
  }

  void CheckNumbers() {
    if (!(config_.weight > 0 && config_.weight <= 1e6)) {
      Complain("weight", fmt::format("{} is not above 0 (and at most 1000000)", config_.weight));
    }
    if (config_.max_active_runs < 1) Complain("max_active_runs", "0 is less than 1");
    if (config_.timeout < Duration(0)) Complain("timeout", "is negative; 0 is no limit");
  }

  void Complain(std::string_view key, std::string message) {
    reading().Complain(section_.PathOf(key), std::move(message));
  }
  Reading& reading() { return section_.reading(); }

  SectionReader section_;
  const std::string_view folder_;
  PipelineConfig config_;
  std::string start_;
  std::string end_;
  std::string catchup_ = "all";
};

}  // namespace

std::vector<PoolConfig> ReadPools(SectionReader& root) {
  SectionReader pools = root.Section("pools");
  std::vector<std::string> names = pools.Names();
  if (std::ranges::find(names, kDefaultPool) == names.end()) names.emplace_back(kDefaultPool);
  std::ranges::sort(names);
  std::vector<PoolConfig> configs;
  for (std::string& name : names) {
    SectionReader section = pools.Section(name);
    PoolConfig config;
    section.Read("slots", config.slots);
    section.Read("families", config.families);
    section.Finish();
    CheckName(section, name, "pool");
    config.name = std::move(name);
    configs.push_back(std::move(config));
  }
  return configs;
}

std::vector<PipelineConfig> ReadPipelines(SectionReader& root,
                                          const HostConfig& host,
                                          std::string_view folder) {
  SectionReader pipelines = root.Section("pipelines");
  std::vector<PipelineConfig> configs;
  for (const std::string& name : pipelines.Names()) {
    configs.push_back(PipelineReader(pipelines.Section(name), name, folder).Read(host));
  }
  return configs;
}

void CheckPools(Reading& reading, const Config& config) {
  std::vector<std::string_view> names;
  std::map<std::string, std::string> pool_of_family;
  for (const PoolConfig& pool : config.pools) {
    names.push_back(pool.name);
    const std::string path = fmt::format("pools.{}.families", TomlKey(pool.name));
    for (const std::string& family : pool.families) {
      if (family.empty()) reading.Complain(path, "an empty pattern; remove it, or write \"*\"");
      const auto [other, is_new] = pool_of_family.emplace(family, pool.name);
      if (is_new) continue;
      reading.Complain(
          path,
          fmt::format("\"{}\" is among the families of pool '{}' already", family, other->second));
    }
  }
  const auto check = [&](const std::string& path, const std::string& pool) {
    if (std::ranges::find(names, pool) != names.end()) return;
    const std::string_view nearest = Nearest(pool, names);
    reading.Complain(path,
                     nearest.empty()
                         ? fmt::format("no pool '{}'; add [pools.{}] or take one of: {}",
                                       pool,
                                       TomlKey(pool),
                                       fmt::join(names, ", "))
                         : fmt::format("no pool '{}', did you mean '{}'?", pool, nearest));
  };
  check("worker.pool", config.worker.pool);
  for (const PipelineConfig& pipeline : config.pipelines) {
    check(fmt::format("pipelines.{}.pool", TomlKey(pipeline.name)), pipeline.pool);
  }
}

}  // namespace headrace::config
