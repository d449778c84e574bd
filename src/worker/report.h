// From how an attempt ended here (host/task_runner.h) to what the scheduler is told about it.
// Pure.

#pragma once

#include <string>

#include "client/worker_types.h"
#include "host/task_runner.h"

namespace headrace::worker {

// Why the worker ended an attempt before its own end. A result that was there before stands.
enum class Verdict : uint8_t {
  kNone,
  kForgotten,  // it is somebody else's by now: killed, and nothing is reported
  kCancelled,  // an operator wanted it
  kStopped,    // this worker stops, or its lease was about to run out: lost, to be made again
};

// `why` is the verdict's, a sentence.
client::FinishReport MakeReport(const host::Outcome& outcome,
                                Verdict verdict,
                                const std::string& why);

// One that was never started: given back, or lost or cancelled before its turn came.
client::FinishReport MakeUnstartedReport(client::Outcome outcome, const std::string& why);

// The report in few words, for the log: "failed: ValueError: bad".
std::string Summary(const client::FinishReport& report);

}  // namespace headrace::worker
