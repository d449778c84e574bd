// The sections [notify], [prometheus] and [log]. See sections.h.

#pragma once

#include "config/notify_config.h"
#include "config/section_reader.h"

namespace headrace::config {

NotifyConfig ReadNotify(SectionReader section);
PrometheusConfig ReadPrometheus(SectionReader section);
LogConfig ReadLog(SectionReader section, std::string_view folder);

}  // namespace headrace::config
