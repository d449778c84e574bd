// What the command line says, parsed. main.cc fills it in; the commands read it.

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/luigid_flags.h"

namespace headrace::cli {

struct Arguments {
  // Of every command.
  std::optional<std::string> config;                          // headrace.toml
  std::vector<std::string> overrides;                         // --set key=value
  std::vector<std::pair<std::string, std::string>> settings;  // the commands' own flags, as keys
  bool json = false;

  bool once = false;                // up
  bool quiet = false;               // up, run: no progress display
  std::string module;               // run
  std::string task;                 // run: family; why, logs, retry, tasks: id or part of one
  std::vector<std::string> params;  // run: as they came
  bool follow = false;              // logs
  std::string stream = "all";       // logs
  int attempt = 0;                  // logs; 0: the latest
  int run = 0;                      // tasks, retry
  std::string status;               // tasks
  std::string pipeline;             // tasks
  int limit = 50;                   // tasks
  std::string user;                 // user: whom
  std::string role = "viewer";      // user add
  bool password_stdin = false;      // user add, passwd
  bool no_password = false;         // user add: tokens alone
  std::string note;                 // user token add
  std::string expires;              // user token add: "90d"; empty: never
  std::string token;                // user token remove: its id
  bool all = false;                 // config show: defaults too
  std::string shell;                // completion
  LuigidFlags luigid;               // scheduler
  bool luigi_test_clock = false;    // scheduler
};

}  // namespace headrace::cli
