// notify.db. See outbox.h.

#include "notify/outbox.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/json_text.h"
#include "base/json_writer.h"

namespace headrace::notify {

namespace {

constexpr int64_t kFormat = 1;
constexpr const char* kSchema =
    "CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, "
    "at INTEGER NOT NULL, tries INTEGER NOT NULL, next_at INTEGER NOT NULL, text TEXT NOT NULL);"
    "CREATE TABLE batch (owner TEXT NOT NULL, key TEXT NOT NULL, failures INTEGER NOT NULL, "
    "disables INTEGER NOT NULL, scheduling_failures INTEGER NOT NULL, explanations TEXT NOT NULL, "
    "PRIMARY KEY (owner, key)) WITHOUT ROWID;"
    "CREATE TABLE failing (task TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID";

int64_t Micros(Timestamp at) {
  return at.time_since_epoch().count();
}

Timestamp At(int64_t micros) {
  return Timestamp(Duration(micros));
}

// {"0":"…","1":"…"}: the order of a group's texts.
std::string Pack(const std::vector<std::string>& texts) {
  std::string packed;
  JsonWriter json(packed, JsonStyle::kCompact);
  json.BeginObject();
  for (size_t i = 0; i < texts.size(); ++i) json.Field(std::to_string(i), texts[i]);
  json.EndObject();
  return packed;
}

std::vector<std::string> Unpack(std::string_view packed) {
  std::vector<std::string> texts;
  for (auto& [place, text] : JsonStrings(packed)) texts.push_back(std::move(text));
  return texts;
}

}  // namespace

Result<std::unique_ptr<Outbox>> Outbox::Open(const std::string& path) {
  std::unique_ptr<Outbox> outbox(new Outbox(TRY(store::Database::Open("notifications", path))));
  TRY(outbox->database_->Adopt(kSchema, kFormat));
  TRY(outbox->database_->Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"));
  TRY(outbox->Prepare());
  return outbox;
}

Result<void> Outbox::Prepare() {
  put_message_ = TRY(
      database_->Prepare("INSERT OR REPLACE INTO message (id, channel, at, tries, next_at, text) "
                         "VALUES (?, ?, ?, ?, ?, ?)"));
  remove_message_ = TRY(database_->Prepare("DELETE FROM message WHERE id = ?"));
  put_failing_ = TRY(database_->Prepare("INSERT OR REPLACE INTO failing VALUES (?, ?)"));
  remove_failing_ = TRY(database_->Prepare("DELETE FROM failing WHERE task = ?"));
  put_group_ = TRY(database_->Prepare("INSERT OR REPLACE INTO batch VALUES (?, ?, ?, ?, ?, ?)"));
  set_number_ = TRY(database_->Prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)"));
  return {};
}

Result<std::vector<Message>> Outbox::Messages() {
  store::Statement rows = TRY(
      database_->Prepare("SELECT id, channel, at, tries, next_at, text FROM message ORDER BY id"));
  std::vector<Message> messages;
  int code = rows.Step();
  for (; code == SQLITE_ROW; code = rows.Step()) {
    messages.push_back({.id = rows.Integer(0),
                        .channel = std::string(rows.Text(1)),
                        .at = At(rows.Integer(2)),
                        .next_at = At(rows.Integer(4)),
                        .tries = rows.Integer(3),
                        .text = std::string(rows.Text(5))});
  }
  if (code != SQLITE_DONE) return std::unexpected(database_->LastError("read messages"));
  return messages;
}

Result<std::vector<std::string>> Outbox::Failing() {
  store::Statement rows = TRY(database_->Prepare("SELECT task FROM failing ORDER BY at"));
  std::vector<std::string> tasks;
  int code = rows.Step();
  for (; code == SQLITE_ROW; code = rows.Step()) tasks.emplace_back(rows.Text(0));
  if (code != SQLITE_DONE) return std::unexpected(database_->LastError("read failing tasks"));
  return tasks;
}

Result<void> Outbox::PutBackInto(BatchMail& batch) {
  store::Statement rows = TRY(database_->Prepare("SELECT * FROM batch"));
  int code = rows.Step();
  for (; code == SQLITE_ROW; code = rows.Step()) {
    batch.PutBack(std::string(rows.Text(0)),
                  std::string(rows.Text(1)),
                  {.failures = rows.Integer(2),
                   .disables = rows.Integer(3),
                   .scheduling_failures = rows.Integer(4),
                   .explanations = Unpack(rows.Text(5))});
  }
  if (code != SQLITE_DONE) return std::unexpected(database_->LastError("read batched failures"));
  return {};
}

Result<int64_t> Outbox::NextMessage() {
  return 1 + TRY(database_->QueryInteger("SELECT seq FROM sqlite_sequence WHERE name = 'message'"));
}

Result<int64_t> Outbox::Number(const char* name, int64_t otherwise) {
  return database_->QueryInteger(fmt::format("SELECT value FROM meta WHERE key = '{}'", name),
                                 otherwise);
}

Result<void> Outbox::Run(store::Statement& statement, const char* doing) {
  const int code = statement.Step();
  statement.Reset();
  if (code == SQLITE_DONE) return {};
  return std::unexpected(database_->LastError(doing));
}

Result<void> Outbox::Put(const Message& message) {
  put_message_.Bind(1, message.id);
  put_message_.Bind(2, std::string_view(message.channel));
  put_message_.Bind(3, Micros(message.at));
  put_message_.Bind(4, message.tries);
  put_message_.Bind(5, Micros(message.next_at));
  put_message_.Bind(6, std::string_view(message.text));
  return Run(put_message_, "write a message");
}

Result<void> Outbox::Remove(int64_t message) {
  remove_message_.Bind(1, message);
  return Run(remove_message_, "remove a message");
}

Result<void> Outbox::PutFailing(const std::string& task, Timestamp at) {
  put_failing_.Bind(1, std::string_view(task));
  put_failing_.Bind(2, Micros(at));
  return Run(put_failing_, "write a failing task");
}

Result<void> Outbox::RemoveFailing(const std::string& task) {
  remove_failing_.Bind(1, std::string_view(task));
  return Run(remove_failing_, "remove a failing task");
}

Result<void> Outbox::PutGroup(const std::string& owner,
                              const std::string& key,
                              const BatchGroup& group) {
  const std::string explanations = Pack(group.explanations);
  put_group_.Bind(1, std::string_view(owner));
  put_group_.Bind(2, std::string_view(key));
  put_group_.Bind(3, group.failures);
  put_group_.Bind(4, group.disables);
  put_group_.Bind(5, group.scheduling_failures);
  put_group_.Bind(6, std::string_view(explanations));
  return Run(put_group_, "write batched failures");
}

Result<void> Outbox::SetNumber(const char* name, int64_t value) {
  set_number_.Bind(1, std::string_view(name));
  set_number_.Bind(2, value);
  return Run(set_number_, "write a number");
}

}  // namespace headrace::notify
