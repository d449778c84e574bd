// The summary at the end of a run, in the words of Luigi's execution summary.

#pragma once

#include "client/client.h"

namespace headrace::cli {

// Prints it; the exit status that the run comes to.
int PrintSummary(client::Client& client, const client::RunRow& run);

}  // namespace headrace::cli
