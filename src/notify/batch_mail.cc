// Batched mails. See batch_mail.h.

#include "notify/batch_mail.h"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

#include "notify/text.h"

namespace headrace::notify {

namespace {

// "3 failures", "1 disable", nothing for none.
std::string Counted(int64_t count, std::string_view what) {
  return count == 0 ? "" : fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// Those that are not empty, parted by `separator`.
std::string Joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

std::string CountsText(int64_t failures, int64_t disables, int64_t scheduling_failures) {
  return Joined({Counted(failures, "failure"),
                 Counted(disables, "disable"),
                 Counted(scheduling_failures, "scheduling failure")},
                ", ");
}

// As Python's text.split('\n')[-count:].
std::vector<std::string_view> LastLines(std::string_view text, int64_t count) {
  std::vector<std::string_view> lines;
  for (;;) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    if (end == text.size()) break;
    text.remove_prefix(end + 1);
  }
  const auto size = static_cast<int64_t>(lines.size());
  const int64_t left_out = count > 0 ? std::max<int64_t>(size - count, 0) : std::min(-count, size);
  lines.erase(lines.begin(), lines.begin() + left_out);
  return lines;
}

// Most failures first, then most disables, then by name.
std::tuple<int64_t, int64_t, std::string_view> Order(const auto& items) {
  std::tuple<int64_t, int64_t, std::string_view> order{0, 0, *items.front().key};
  for (const auto& item : items) {
    std::get<0>(order) -= item.group->failures + item.group->scheduling_failures;
    std::get<1>(order) -= item.group->disables;
    std::get<2>(order) = std::min(std::get<2>(order), std::string_view(*item.key));
  }
  return order;
}

}  // namespace

BatchMail::BatchMail(BatchMailOptions options)
    : options_(std::move(options)),
      default_owners_(options_.default_owners.begin(), options_.default_owners.end()) {}

std::string BatchMail::KeyOf(const Event& event) const {
  if (options_.mode == BatchMode::kAll) return event.name;
  if (options_.mode == BatchMode::kFamily) return event.family;
  std::vector<std::string> params;
  for (const auto& [name, value] : event.params)
    params.push_back(fmt::format("{}={}", name, value));
  return fmt::format("{}({})", event.family, fmt::join(params, ", "));
}

void BatchMail::Add(const Event& event) {
  const std::string key = KeyOf(event);
  std::set<std::string> owners = default_owners_;
  owners.insert(event.owners.begin(), event.owners.end());
  for (const std::string& owner : owners) {
    Groups& groups = owners_[owner];
    if (groups.size() >= kGroupsMax && !groups.contains(key)) continue;
    BatchGroup& group = groups[key];
    changed_.emplace(owner, key);
    if (event.kind == EventKind::kDisabled) {
      ++group.disables;
      continue;
    }
    ++(event.kind == EventKind::kFailed ? group.failures : group.scheduling_failures);
    std::string text(TailOf(event.explanation, kExplanationBytesMax));
    std::erase(group.explanations, text);
    group.explanations.push_back(std::move(text));
    if (static_cast<int64_t>(group.explanations.size()) > options_.error_messages) {
      group.explanations.erase(group.explanations.begin());
    }
  }
}

std::vector<Mail> BatchMail::Take() {
  std::vector<Mail> mails;
  for (const auto& [owner, groups] : owners_) {
    mails.push_back(
        {.subject = Subject(owner, groups), .body = Body(groups), .recipients = SplitList(owner)});
  }
  owners_.clear();
  changed_.clear();
  return mails;
}

std::string BatchMail::Subject(const std::string& owner, const Groups& groups) const {
  int64_t failures = 0, disables = 0, scheduling_failures = 0;
  for (const auto& [key, group] : groups) {
    failures += group.failures;
    disables += group.disables;
    scheduling_failures += group.scheduling_failures;
  }
  return fmt::format("Luigi: {}{} in the last {} minutes",
                     default_owners_.contains(owner) ? "" : "Your tasks have ",
                     CountsText(failures, disables, scheduling_failures),
                     options_.interval_minutes);
}

std::string BatchMail::Lines(std::string_view explanation) const {
  const auto lines = LastLines(StripEnd(explanation), options_.error_lines);
  if (options_.html) return fmt::format("<pre>{}</pre>", fmt::join(lines, "\n"));
  std::string text;
  for (const std::string_view line : lines) text += fmt::format("\n      {}", line);
  return text;
}

std::string BatchMail::Explain(const BatchGroup& group) const {
  std::vector<std::string> parts;
  for (const std::string& explanation : group.explanations) parts.push_back(Lines(explanation));
  if (!parts.empty() && !options_.html) parts.emplace_back();
  return fmt::format("{}", fmt::join(parts, "\n"));
}

// The items of one group of equal error messages.
std::string BatchMail::List(std::vector<Item> items) const {
  std::ranges::sort(items, {}, [](const Item& item) { return Order(std::vector{item}); });
  std::vector<std::string> lines;
  for (const Item& item : items) {
    const BatchGroup& group = *item.group;
    lines.push_back(
        fmt::format("{} ({})",
                    *item.key,
                    CountsText(group.failures, group.disables, group.scheduling_failures)));
  }
  if (options_.html) return fmt::format("<li>{}", fmt::join(lines, "\n<br>"));
  return fmt::format("- {}", fmt::join(lines, "\n  "));
}

std::string BatchMail::Body(const Groups& groups) const {
  struct Part {
    std::vector<Item> items;
    std::string explanation;
  };
  std::vector<Part> parts;
  std::map<std::string, size_t> part_of;  // by explanation
  for (const auto& [key, group] : groups) {
    std::string explanation = Explain(group);
    if (options_.group_by_error_messages) {
      const auto [known, is_new] = part_of.try_emplace(explanation, parts.size());
      if (!is_new) {
        parts[known->second].items.push_back({&key, &group});
        continue;
      }
    }
    parts.push_back({{{&key, &group}}, std::move(explanation)});
  }
  std::ranges::sort(parts, {}, [](const Part& part) { return Order(part.items); });

  std::vector<std::string> texts;
  for (const Part& part : parts) {
    texts.push_back(List(part.items));
    texts.push_back(part.explanation);
  }
  const std::string text = Joined(texts, "\n");
  const std::string_view body = StripEnd(text);
  return options_.html ? fmt::format("<ul>\n{}\n</ul>", body) : std::string(body);
}

const BatchGroup* BatchMail::Find(const std::string& owner, const std::string& key) const {
  const auto groups = owners_.find(owner);
  if (groups == owners_.end()) return nullptr;
  const auto group = groups->second.find(key);
  return group == groups->second.end() ? nullptr : &group->second;
}

void BatchMail::PutBack(const std::string& owner, const std::string& key, BatchGroup group) {
  owners_[owner][key] = std::move(group);
}

}  // namespace headrace::notify
