// What a ready host means for its owner: is it outdated, and what should be said about it.

#include "host/host_settings.h"

#include <sys/stat.h>

namespace headrace::host {

bool FileStamp::Unchanged() const {
  struct stat now{};
  if (::stat(path.c_str(), &now) != 0) return mtime_ns == -1;
  const int64_t now_ns = int64_t{now.st_mtim.tv_sec} * 1'000'000'000 + now.st_mtim.tv_nsec;
  return now_ns == mtime_ns && int64_t{now.st_size} == size;
}

std::vector<std::string> HostInfo::Warnings() const {
  std::vector<std::string> texts;
  texts.reserve(ambiguous.size() + now_defaults.size() + 2);
  for (const std::string& family : ambiguous) {
    texts.push_back("task family " + family +
                    " is claimed by two classes (one file imported under two names, or two of one"
                    " name): neither can be run; import it under one name");
  }
  if (!unscoped_namespace.empty()) {
    texts.push_back("luigi.namespace(\"" + unscoped_namespace +
                    "\") without scope= leaks into modules imported later: task ids depend on the"
                    " order of imports; add scope=__name__");
  }
  for (const NowDefault& found : now_defaults) {
    texts.push_back("parameter " + found.param + " of " + found.family + " has the default " +
                    found.value +
                    ", which looks like the time of the import: the host is started anew every"
                    " hour for it");
  }
  if (!fork_unsafe.empty()) {
    texts.push_back(fork_unsafe + ": every task gets a fresh interpreter (slower to start)");
  }
  return texts;
}

}  // namespace headrace::host
