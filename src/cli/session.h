// What commands have in common: the configuration, complaints, signals, a client.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "cli/arguments.h"
#include "client/client.h"
#include "config/load.h"

namespace headrace::cli {

// Reads the configuration; warnings and errors go to standard error. nullopt: it is wrong.
std::optional<config::LoadedConfig> Load(const Arguments& arguments);

// "headrace: <message>", and what to do about it.
void Complain(const Error& error);

// A client of the configured scheduler, which must answer. nullptr: it does not; said so.
std::unique_ptr<client::Client> Connect(const config::Config& config);

// The one task that `text` names: its id, or a part of it that only one task has.
Result<std::string> FindTask(client::Client& client, const std::string& text);

// SIGINT and SIGTERM of this process, for whoever waits. Blocks them in all threads started later;
// before any thread is.
class Signals {
 public:
  Signals();
  // Waits for one; false when `limit` is over first.
  bool Wait(Duration limit);
  bool Received() const { return received_; }

 private:
  bool received_ = false;
};

void SetUpLogging(bool quiet);
// From now on into `folder`, a file a day, a week of them: luigi-server_2026-11-25.log
Result<void> LogTo(const std::string& folder);

}  // namespace headrace::cli
