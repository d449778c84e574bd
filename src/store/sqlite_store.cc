// The embedded store, and the store that a URL names. See sqlite_store.h and store.h.

#include "store/sqlite_store.h"

#include <string_view>
#include <utility>

namespace headrace::store {

Result<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& folder,
                                                       Durability durability) {
  std::unique_ptr<SqliteStore> store(new SqliteStore);
  store->lock_ = TRY(FolderLock::Take(folder));
  store->journal_ = TRY(SqliteJournal::Open(folder + "/journal.db", durability));
  store->snapshots_ = TRY(SnapshotFile::Open(folder, store->journal_->OpenedAs()));
  store->tables_ = TRY(SqliteTables::Open(folder + "/state.db"));
  return store;
}

Result<std::unique_ptr<Store>> OpenStore(const std::string& url, Durability durability) {
  constexpr std::string_view kScheme = "sqlite:";
  constexpr std::string_view kNoHost = "sqlite://";
  std::string folder;
  if (url.starts_with(kNoHost)) {
    folder = url.substr(kNoHost.size());
  } else if (url.starts_with(kScheme)) {
    folder = url.substr(kScheme.size());
  }
  const bool has_host = url.starts_with(kNoHost) && !folder.starts_with('/');
  if (folder.empty() || has_host) {
    return std::unexpected(Error{ErrorCode::kInvalid,
                                 "store \"" + url + "\": not a store this headrace knows",
                                 "Write \"sqlite:///absolute/folder\" or \"sqlite:folder\"."});
  }
  return std::unique_ptr<Store>(TRY(SqliteStore::Open(folder, durability)));
}

}  // namespace headrace::store
