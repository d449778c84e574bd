// Nodes and their parts, out of and into the lines of a session.

#pragma once

#include <boost/json/fwd.hpp>

#include "base/json_writer.h"
#include "host/host_settings.h"
#include "host/node.h"

namespace headrace::host {

Node ParseNode(const boost::json::object& json);
TaskError ParseTaskError(const boost::json::object& json);
TaskName ParseTaskName(const boost::json::object& json);
HostInfo ParseHostInfo(const boost::json::object& json);

void WriteTaskName(JsonWriter& out, const TaskName& name);

}  // namespace headrace::host
