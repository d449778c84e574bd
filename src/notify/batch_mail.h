// BatchMail: gathers failures and makes one mail an owner of them, as Luigi's BatchNotifier does,
// byte for byte: subjects, groups, their order, and which error messages are shown.
//
//   Add(event) ─▶ for each owner: group (by batch_mode) ─▶ counts, newest error messages ─▶ Take()
//
// Lives on the notifier's thread. What it holds is written to notify.db group by group and put back
// after a restart.

#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "notify/event.h"

namespace headrace::notify {

enum class BatchMode : uint8_t { kFamily, kAll, kUnbatchedParams };

struct BatchMailOptions {
  int64_t interval_minutes = 60;
  BatchMode mode = BatchMode::kUnbatchedParams;
  int64_t error_lines = 20;    // of each message, the last; 0: all
  int64_t error_messages = 1;  // of each group, the newest
  bool group_by_error_messages = true;
  bool html = false;
  std::vector<std::string> default_owners;  // hear of everything
};

// What one owner is told of one group of tasks.
struct BatchGroup {
  int64_t failures = 0;
  int64_t disables = 0;
  int64_t scheduling_failures = 0;
  std::vector<std::string> explanations;  // different ones, the newest last
};

class BatchMail {
 public:
  static constexpr size_t kGroupsMax = 10'000;            // of an owner; more are left out
  static constexpr size_t kExplanationBytesMax = 64'000;  // the end of a longer one is kept

  explicit BatchMail(BatchMailOptions options);

  void Add(const Event& event);
  // Mails to send now, by owner. Empties it.
  std::vector<Mail> Take();
  bool IsEmpty() const { return owners_.empty(); }

  // The groups that changed since they were last written: owner and key.
  const std::set<std::pair<std::string, std::string>>& changed() const { return changed_; }
  void ForgetChanged() { changed_.clear(); }
  const BatchGroup* Find(const std::string& owner, const std::string& key) const;
  void PutBack(const std::string& owner, const std::string& key, BatchGroup group);

 private:
  using Groups = std::map<std::string, BatchGroup>;  // by key
  struct Item {                                      // one line of a mail
    const std::string* key;
    const BatchGroup* group;
  };

  std::string KeyOf(const Event& event) const;
  std::string Subject(const std::string& owner, const Groups& groups) const;
  std::string Body(const Groups& groups) const;
  std::string Explain(const BatchGroup& group) const;
  std::string Lines(std::string_view explanation) const;
  std::string List(std::vector<Item> items) const;

  const BatchMailOptions options_;
  const std::set<std::string> default_owners_;
  std::map<std::string, Groups> owners_;
  std::set<std::pair<std::string, std::string>> changed_;
};

}  // namespace headrace::notify
