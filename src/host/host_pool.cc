// Finding a zygote that is right for a module now, or starting one.

#include "host/host_pool.h"

#include <algorithm>

namespace headrace::host {
namespace {

// A zygote that has imported a module on its way to another serves it as well, and gives its tasks
// the same ids as the plan they came from (both depend on the order of imports).
bool HasImported(const Zygote& zygote, const std::string& module) {
  const HostInfo* const info = zygote.info();
  if (info == nullptr) return false;
  return std::ranges::any_of(info->families,
                             [&](const auto& family) { return family.second == module; });
}

}  // namespace

HostPool::HostPool(Children& children, const Clock& clock, Options options)
    : children_(children), clock_(clock), options_(options) {}

Result<std::shared_ptr<Zygote>> HostPool::Get(const HostSettings& settings,
                                              const std::string& module) {
  std::vector<std::shared_ptr<Zygote>> dropped;  // ends outside of the lock: it may take a moment
  const std::lock_guard lock(mutex_);
  const Timestamp now = clock_.Now();
  for (auto item = entries_.begin(); item != entries_.end();) {
    if (item->first.first != settings || Usable(item->second, now)) {
      ++item;
      continue;
    }
    dropped.push_back(std::move(item->second.zygote));
    item = entries_.erase(item);
  }

  const auto exact = entries_.find({settings, module});
  if (exact != entries_.end()) {
    exact->second.used = now;
    return exact->second.zygote;
  }
  for (auto& [key, entry] : entries_) {
    if (key.first != settings || !HasImported(*entry.zygote, module)) continue;
    entry.used = now;
    return entry.zygote;
  }

  if (entries_.size() >= options_.zygotes_max) dropped.push_back(MakeRoom());
  std::shared_ptr<Zygote> zygote = TRY(Zygote::Start(children_, settings, module));
  entries_[{settings, module}] = {.zygote = zygote, .started = now, .checked = now, .used = now};
  return zygote;
}

bool HostPool::Usable(Entry& entry, Timestamp now) const {
  Zygote& zygote = *entry.zygote;
  switch (zygote.state()) {
    case Zygote::State::kImporting: return true;
    case Zygote::State::kFailed: return now - entry.started < options_.failure_kept;
    case Zygote::State::kGone: return false;
    case Zygote::State::kReady: break;
  }
  if (zygote.TryWait()) return false;
  if (now - entry.checked < options_.check_every) return true;
  entry.checked = now;
  return !zygote.Outdated(now);
}

std::shared_ptr<Zygote> HostPool::MakeRoom() {
  const auto oldest =
      std::ranges::min_element(entries_, {}, [](const auto& item) { return item.second.used; });
  std::shared_ptr<Zygote> zygote = std::move(oldest->second.zygote);
  entries_.erase(oldest);
  return zygote;
}

void HostPool::Clear() {
  std::map<Key, Entry> dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(entries_);
}

size_t HostPool::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace headrace::host
