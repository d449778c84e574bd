// SectionReader: takes the values of one table by name and type. Reading a key makes it a known
// one; Finish() complains about the others. So the code that reads the configuration is its schema,
// and the only place where a key is named.
//
// For each key the strongest source that has it wins:
//   --set  >  environment variable  >  headrace.toml  >  luigi.cfg  >  default
//
// An error leaves the default in place and reading goes on: all mistakes are found in one go.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "config/config_error.h"
#include "config/node.h"

namespace headrace::config {

// A key with its value in force, as TOML, for `headrace config show`.
struct Setting {
  std::string path;   // "pipelines.search_ctr.schedule"
  std::string table;  // "pipelines.search_ctr"
  std::string value;
  Origin origin;
};

// What all sections share while a configuration is read.
struct Reading {
  std::map<std::string, std::string> environment;
  std::map<std::string, Node> luigi;         // by path
  std::map<std::string, std::string> texts;  // of the files, by source: for excerpts
  std::set<std::string> variables_used;
  std::vector<Setting> settings;
  std::map<std::string, Origin> places;  // of the fields of maps, by path
  ConfigErrors errors;
  ConfigErrors warnings;

  // Complains about the key `path` where its value in force comes from.
  void Complain(std::string_view path, std::string message);
  void ComplainAt(const Origin& origin, std::string_view path, std::string message);
  void Warn(std::string_view path, std::string message);
  // Where the value in force of `path` comes from; "default" when it is not set.
  Origin OriginOf(std::string_view path) const;
};

// "scheduler.listen" → "HEADRACE_SCHEDULER_LISTEN". What is no letter or digit becomes "_".
std::string VariableName(std::string_view path);

class SectionReader {
 public:
  // `table` may be null: then only environment, luigi.cfg and defaults speak. `path` is "" for the
  // whole document.
  SectionReader(Reading& reading, const Node* table, std::string path);

  void Read(std::string_view key, std::string& value);
  void Read(std::string_view key, bool& value);
  void Read(std::string_view key, int64_t& value);
  void Read(std::string_view key, uint32_t& value);
  void Read(std::string_view key, double& value);
  void Read(std::string_view key, Duration& value);
  void Read(std::string_view key, std::vector<std::string>& value);
  void Read(std::string_view key, std::map<std::string, std::string>& value);
  void ReadOrNever(std::string_view key, Duration& value);  // or "never"
  void ReadSize(std::string_view key, uint64_t& value);
  void ReadScalar(std::string_view key, std::string& value);     // a number too, as its text
  void ReadSecret(std::string_view key, std::string& value);     // shown as "***"
  void ReadSecretUrl(std::string_view key, std::string& value);  // its password is shown so

  template <class T>
  void Read(std::string_view key, std::optional<T>& value) {
    T inner{};
    if (Lookup(key) == nullptr) return known_.emplace_back(key), void();
    Read(key, inner);
    value = inner;
  }

  // One of a few words.
  template <class E>
  void ReadChoice(std::string_view key,
                  E& value,
                  std::span<const std::pair<std::string_view, E>> choices) {
    std::vector<std::string_view> words;
    size_t chosen = 0;
    for (size_t i = 0; i < choices.size(); ++i) {
      words.push_back(choices[i].first);
      if (choices[i].second == value) chosen = i;
    }
    value = choices[ReadWord(key, chosen, words)].second;
  }

  // The table `key` of this one; reading it makes it known.
  SectionReader Section(std::string_view key);

  // The names of the fields of this table, for tables whose keys are the user's.
  std::vector<std::string> Names() const;
  // As Names(), and what luigi.cfg has.
  std::vector<std::string> NamesWithLuigi() const;

  // Complains about the keys nobody read.
  void Finish();

  std::string PathOf(std::string_view key) const;
  const std::string& Path() const { return path_; }
  bool Has(std::string_view key) { return Lookup(key) != nullptr; }
  // Where this table stands.
  const Origin& Place() const { return place_; }
  Reading& reading() { return reading_; }

 private:
  const Node* Lookup(std::string_view key);
  size_t ReadWord(std::string_view key, size_t value, std::span<const std::string_view> words);
  void Take(std::string_view key,
            const std::function<Result<void>(const Node&)>& convert,
            const std::function<std::string()>& show);

  Reading& reading_;
  const Node* table_;
  const std::string path_;
  Origin place_;
  std::vector<std::string> known_;
  std::map<std::string, Node, std::less<>> variables_;  // nodes made of environment variables
};

}  // namespace headrace::config
