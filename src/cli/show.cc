// headrace status, tasks, why, logs: what the scheduler shows, as tables or as its own JSON.

#include <cstdio>
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "net/form.h"

namespace headrace::cli {

namespace {

// Prints an answer as it came.
int PrintJson(client::Client& client, const std::string& path) {
  const auto text = client.Get(path);
  if (!text) {
    Complain(text.error());
    return kFailed;
  }
  fmt::print("{}\n", *text);
  return kOk;
}

std::string When(std::optional<Timestamp> at) {
  if (!at) return "-";
  const std::time_t seconds = std::chrono::system_clock::to_time_t(*at);
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[32] = {};
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  return text;
}

void PrintCounts(std::string_view title, const client::Counts& counts) {
  fmt::print("{}", title);
  bool any = false;
  for (const auto& [name, count] : counts) {
    if (count == 0) continue;
    fmt::print("{}{} {}", any ? " · " : "", count, name);
    any = true;
  }
  fmt::print("{}\n", any ? "" : "none");
}

}  // namespace

int Status(const Arguments& arguments) {
  const auto loaded = Load(arguments);
  if (!loaded) return kFailed;
  const auto client = Connect(loaded->config);
  if (!client) return kFailed;
  if (arguments.json) return PrintJson(*client, "/v1/overview");
  const auto overview = client->GetOverview();
  const auto pipelines = client->ListPipelines();
  const auto workers = client->ListWorkers();
  const auto pools = client->ListPools();
  if (!overview || !pipelines || !workers || !pools) {
    Complain(!overview ? overview.error() : !pipelines ? pipelines.error() : pools.error());
    return kFailed;
  }
  fmt::print("headrace {} at {}\n", overview->version, loaded->config.scheduler.url);
  PrintCounts("tasks      ", overview->counts);
  PrintCounts("runs       ", overview->runs);
  for (const client::PoolRow& pool : pools->items) {
    fmt::print("pool       {}: {} of {} slots busy, {} ready, {} workers\n",
               pool.name,
               pool.busy,
               pool.slots,
               pool.ready,
               pool.workers);
  }
  for (const client::PipelineRow& pipeline : pipelines->items) {
    fmt::print("pipeline   {}{}: next {}",
               pipeline.name,
               pipeline.paused ? " (paused)" : "",
               When(pipeline.next_due_at));
    PrintCounts(", runs ", pipeline.counts_of_runs);
  }
  for (const client::WorkerRow& worker : workers->items) {
    fmt::print("worker     {} ({}): {} of {} busy, seen {}\n",
               worker.worker,
               worker.kind,
               worker.busy,
               worker.slots,
               When(worker.last_seen_at));
  }
  return kOk;
}

int Tasks(const Arguments& arguments) {
  const auto loaded = Load(arguments);
  if (!loaded) return kFailed;
  const auto client = Connect(loaded->config);
  if (!client) return kFailed;
  std::string query = fmt::format("limit={}", arguments.limit);
  if (!arguments.status.empty()) query += "&status=" + net::PercentEncode(arguments.status);
  if (!arguments.pipeline.empty()) query += "&pipeline=" + net::PercentEncode(arguments.pipeline);
  if (!arguments.task.empty()) query += "&q=" + net::PercentEncode(arguments.task);
  const std::string of_run = fmt::format("/v1/runs/{}/tasks?", arguments.run);
  if (arguments.json) {
    return PrintJson(*client, (arguments.run > 0 ? of_run : "/v1/tasks?") + query);
  }
  const auto tasks =
      arguments.run > 0 ? client->ListRunTasks(arguments.run, query) : client->ListTasks(query);
  if (!tasks) {
    Complain(tasks.error());
    return kFailed;
  }
  for (const client::TaskRow& task : tasks->items) {
    fmt::print("{:<9} {}{}\n",
               task.phase,
               task.id,
               task.error_message.empty() ? "" : "  " + task.error_message);
  }
  if (!tasks->next.empty()) fmt::print("… and more; --limit shows them\n");
  return kOk;
}

int Why(const Arguments& arguments) {
  const auto loaded = Load(arguments);
  if (!loaded) return kFailed;
  const auto client = Connect(loaded->config);
  if (!client) return kFailed;
  const auto task = FindTask(*client, arguments.task);
  if (!task) {
    Complain(task.error());
    return kFailed;
  }
  const std::string path = "/v1/tasks/" + net::PercentEncode(*task);
  if (arguments.json) return PrintJson(*client, path + "/why");
  const auto why = client->GetWhy(*task);
  if (!why) {
    Complain(why.error());
    return kFailed;
  }
  fmt::print("{}\n", why->words);
  for (size_t i = 1; i < why->parts.size(); ++i) fmt::print("  {}. {}\n", i, why->parts[i].text);
  const std::string last = why->parts.empty() ? *task : why->parts.back().task;
  const auto attempts = client->ListAttempts(last, "limit=1");
  if (!attempts || attempts->items.empty() || !attempts->items.front().error) return kOk;
  const client::TaskError& error = *attempts->items.front().error;
  if (!error.traceback.empty()) fmt::print("\n{}\n", error.traceback);
  return kOk;
}

int Logs(const Arguments& arguments) {
  const auto loaded = Load(arguments);
  if (!loaded) return kFailed;
  Signals signals;
  const auto client = Connect(loaded->config);
  if (!client) return kFailed;
  int64_t attempt = arguments.attempt;
  if (attempt == 0) {
    const auto task = FindTask(*client, arguments.task);
    if (!task) {
      Complain(task.error());
      return kFailed;
    }
    const auto attempts = client->ListAttempts(*task, "limit=1");
    if (!attempts || attempts->items.empty()) {
      Complain({.code = ErrorCode::kNotFound,
                .message = "task " + *task + " was not run by headrace's workers yet",
                .remedy = "`headrace why` says what it waits for"});
      return kFailed;
    }
    attempt = attempts->items.front().attempt;
  }
  client::LogRange range{.stream = arguments.stream, .offset = 0, .limit = 1 << 20};
  while (true) {
    const auto part = client->ReadLog(attempt, range);
    if (!part) {
      Complain(part.error());
      return kFailed;
    }
    std::fwrite(part->bytes.data(), 1, part->bytes.size(), stdout);
    std::fflush(stdout);
    range.offset += static_cast<int64_t>(part->bytes.size());
    if (range.offset < part->size) continue;
    if (!arguments.follow || part->complete) return kOk;
    if (signals.Wait(std::chrono::milliseconds(200))) return kOk;
  }
}

int Retry(const Arguments& arguments) {
  const auto loaded = Load(arguments);
  if (!loaded) return kFailed;
  const auto client = Connect(loaded->config);
  if (!client) return kFailed;
  if (arguments.run > 0) {
    const auto state = client->RetryRun(arguments.run);
    if (!state) {
      Complain(state.error());
      return kFailed;
    }
    fmt::print("run {} is {}\n", arguments.run, *state);
    return kOk;
  }
  const auto task = FindTask(*client, arguments.task);
  if (!task) {
    Complain(task.error());
    return kFailed;
  }
  const auto status = client->RetryTask(*task);
  if (!status) {
    Complain(status.error());
    return kFailed;
  }
  fmt::print("{} is {}\n", *task, *status);
  return kOk;
}

}  // namespace headrace::cli
