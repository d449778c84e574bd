// The commands, each in a file of its own. They return the process's exit status.
//
//   0 done · 1 it failed, the reason is on standard error · 2 the command line is wrong
//   `headrace run` and `headrace up --once` end as Luigi's documentation recommends:
//   20 external data missing · 30 a task failed · 35 planning failed · 40 anything else

#pragma once

#include <string>

#include "cli/arguments.h"

namespace headrace::cli {

inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kMissingData = 20;
inline constexpr int kTaskFailed = 30;
inline constexpr int kPlanningFailed = 35;
inline constexpr int kUnhandled = 40;

int Up(const Arguments& arguments);
int Run(const Arguments& arguments);
int ServeScheduler(const Arguments& arguments);
int ServePlanner(const Arguments& arguments);
int ServeWorker(const Arguments& arguments);
int Status(const Arguments& arguments);
int Tasks(const Arguments& arguments);
int Logs(const Arguments& arguments);
int Why(const Arguments& arguments);
int Retry(const Arguments& arguments);
int UserAdd(const Arguments& arguments);
int UserList(const Arguments& arguments);
int UserRemove(const Arguments& arguments);
int UserPasswd(const Arguments& arguments);
int UserTokenAdd(const Arguments& arguments);
int UserTokenList(const Arguments& arguments);
int UserTokenRemove(const Arguments& arguments);
int ConfigCheck(const Arguments& arguments);
int ConfigShow(const Arguments& arguments);

}  // namespace headrace::cli
