// Outbox: notify.db, what must not be forgotten: messages that are not delivered yet, what the next
// batched mails are made of, tasks that somebody was told had failed, and up to which commit of the
// journal all of that goes.
//
//   message  id, channel, at, tries, next_at, text     one for each delivery that is owed
//   batch    owner, key, failures, …, explanations     a row a group of BatchMail
//   failing  task, at                                  told of as failed, not recovered
//   meta     commit, epoch, batch_due                  numbers
//
// One transaction takes what one round of the notifier came to. Lives on the notifier's thread.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "notify/batch_mail.h"
#include "store/sqlite_database.h"

namespace headrace::notify {

struct Message {
  int64_t id = 0;  // rises; never given out twice
  std::string channel;
  Timestamp at;  // when it was made
  Timestamp next_at;
  int64_t tries = 0;
  std::string text;  // what the channel sends, in its own form
};

class Outbox {
 public:
  // Makes the file where there is none.
  static Result<std::unique_ptr<Outbox>> Open(const std::string& path);

  // What is there; after Open().
  Result<std::vector<Message>> Messages();
  Result<std::vector<std::string>> Failing();
  Result<void> PutBackInto(BatchMail& batch);
  Result<int64_t> NextMessage();
  Result<int64_t> Number(const char* name, int64_t otherwise);

  // Between these two, the following are one transaction.
  Result<void> Begin() { return database_->Execute("BEGIN IMMEDIATE"); }
  Result<void> Commit() { return database_->Execute("COMMIT"); }
  void Rollback() { (void)database_->Execute("ROLLBACK"); }

  Result<void> Put(const Message& message);
  Result<void> Remove(int64_t message);
  Result<void> PutFailing(const std::string& task, Timestamp at);
  Result<void> RemoveFailing(const std::string& task);
  Result<void> PutGroup(const std::string& owner, const std::string& key, const BatchGroup& group);
  Result<void> ClearGroups() { return database_->Execute("DELETE FROM batch"); }
  Result<void> SetNumber(const char* name, int64_t value);

 private:
  explicit Outbox(std::unique_ptr<store::Database> database) : database_(std::move(database)) {}
  Result<void> Prepare();
  Result<void> Run(store::Statement& statement, const char* doing);

  const std::unique_ptr<store::Database> database_;
  store::Statement put_message_, remove_message_, put_failing_, remove_failing_, put_group_,
      set_number_;
};

}  // namespace headrace::notify
