// The embedded store passes the conformance suite, and opens only what is its own.

#include "store/sqlite_store.h"

#include <fstream>
#include <unistd.h>

#include "store/journal_conformance.h"
#include "store/snapshot_conformance.h"
#include "store/tables_conformance.h"
#include "store/testing.h"

namespace headrace::store {
namespace {

struct SqliteFactory {
  Result<std::unique_ptr<Store>> Open() {
    return OpenStore("sqlite://" + folder.path() + "/store", Durability::kFsync);
  }
  std::string Query(const std::string& sql) const {
    return QueryFile(folder.path() + "/store/state.db", sql);
  }
  TemporaryFolder folder;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, JournalConformance, SqliteFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, SnapshotConformance, SqliteFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, TablesConformance, SqliteFactory);

TEST(OpenStore, UnknownUrlIsRefusedWithWhatWouldBeRight) {
  for (const char* url : {"postgresql://db", "sqlite://", "sqlite://host/folder", "folder", ""}) {
    const auto store = OpenStore(url, Durability::kOs);
    ASSERT_FALSE(store) << url;
    EXPECT_EQ(store.error().code, ErrorCode::kInvalid);
    EXPECT_NE(store.error().remedy.find("sqlite:///absolute/folder"), std::string::npos);
  }
}

TEST(SqliteStore, SecondOpeningNamesTheProcessThatHasTheStore) {
  const TemporaryFolder folder;
  const auto first = SqliteStore::Open(folder.path(), Durability::kOs);
  ASSERT_TRUE(first);

  const auto second = SqliteStore::Open(folder.path(), Durability::kOs);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "store " + folder.path() + " is in use by process " + std::to_string(getpid()) +
                ", which holds " + folder.path() + "/lock");
}

TEST(SqliteStore, FolderThatCannotBeMadeIsRefused) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() + "/file") << "x";

  const auto store = SqliteStore::Open(folder.path() + "/file/store", Durability::kOs);

  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kDenied);
}

TEST(SqliteStore, NewerFormatIsRefused) {
  const TemporaryFolder folder;
  ASSERT_TRUE(SqliteStore::Open(folder.path(), Durability::kOs));
  const std::string path = folder.path() + "/journal.db";
  QueryFile(path, "UPDATE meta SET value = 3 WHERE key = 'format'");

  const auto store = SqliteStore::Open(folder.path(), Durability::kOs);

  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().message,
            "journal " + path + " has format 3, this headrace reads up to 1");
  EXPECT_EQ(store.error().remedy, "Use the newer headrace or restore a backup.");
}

TEST(SqliteStore, AnotherProgramsFileIsRefusedAndLeftAlone) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/journal.db";
  QueryFile(path, "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");

  const auto store = SqliteStore::Open(folder.path(), Durability::kOs);

  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(QueryFile(path, "SELECT * FROM theirs"), "1\n");
  EXPECT_EQ(QueryFile(path, "PRAGMA journal_mode"), "delete\n");
}

TEST(SqliteStore, FileThatIsNoDatabaseIsRefused) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() + "/journal.db") << std::string(4'096, 'x');

  const auto store = SqliteStore::Open(folder.path(), Durability::kOs);

  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kCorrupt) << store.error().message;
}

}  // namespace
}  // namespace headrace::store
