// LocalFiles: which of many files exist, as Python's os.path.exists says: links are followed,
// folders count.
//
// Where several are asked for in one folder, one read of the folder answers for all of them.
// Stateless; blocks; any thread.

#pragma once

#include <span>
#include <string>
#include <vector>

namespace headrace::targets {

// In the order asked.
std::vector<bool> FilesExist(std::span<const std::string> asked);

}  // namespace headrace::targets
