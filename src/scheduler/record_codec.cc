// Records as JSON lines. One visitor writes, one reads; record_fields.h lists the fields.

#include "scheduler/record_codec.h"

#include <array>
#include <boost/json.hpp>

#include "base/json_writer.h"
#include "base/python_json.h"
#include "scheduler/kept_record_fields.h"
#include "scheduler/run_record_fields.h"

namespace headrace::scheduler {

namespace {

// In the order of Record's alternatives.
constexpr std::array<std::string_view, 36> kNames = {
    "TaskAdded",        "TaskChanged",      "TaskOffered",     "TaskStatusChanged",
    "TaskStarted",      "BatchStarted",     "TaskRemoved",     "WorkerAdded",
    "WorkerChanged",    "WorkerRemoved",    "BatcherSet",      "ResourceSet",
    "Paused",           "PoolSet",          "PipelineSet",     "PipelinePaused",
    "IntervalsSkipped", "RunCreated",       "RunChanged",      "RunGrew",
    "PlanRequested",    "PlanFailed",       "PlanEnded",       "AttemptStarted",
    "AttemptEnded",     "AttemptStopAsked", "FailureReported", "SchedulingFailed",
    "RowsReserved",     "PipelineKept",     "WorkerKept",      "RunKept",
    "AttemptKept",      "PlanKept",         "TaskKept",        "RowsKept"};
static_assert(kNames.size() == std::variant_size_v<Record>);

template <class T>
constexpr bool kIsId = requires(T id) { []<class Tag>(Id<Tag>) {}(id); };
template <class T>
constexpr bool kHasFields = std::same_as<T, RetryPolicy> || std::same_as<T, TaskSpec> ||
                            std::same_as<T, TaskFacts> || std::same_as<T, TaskPast>;

class Writer {
 public:
  explicit Writer(std::string& out) : json_(out, JsonStyle::kCompact) {}

  void operator()(std::string_view name, const auto& field) {
    if (IsLeftOut(field)) return;
    json_.Key(name);
    Put(field);
  }
  void Object(const auto& value) {
    json_.BeginObject();
    Fields(*this, value);
    json_.EndObject();
  }
  void Line(std::string_view name, const auto& record) {
    json_.BeginObject();
    json_.Field("r", name);
    Fields(*this, record);
    json_.EndObject();
  }

 private:
  // What reads back the same when it is absent.
  template <class T>
  static bool IsLeftOut(const T& field) {
    if constexpr (std::same_as<T, bool>) return !field;
    if constexpr (kIsId<T> || std::same_as<T, Timestamp>) return field == T{};
    if constexpr (requires { field.empty(); }) return field.empty();
    if constexpr (requires { field.has_value(); }) return !field.has_value();
    return false;
  }

  template <class T>
  void Put(const T& field) {
    if constexpr (std::same_as<T, bool>) {
      json_.Bool(field);
    } else if constexpr (kIsId<T>) {
      json_.Unsigned(field.value);
    } else if constexpr (std::same_as<T, Timestamp>) {
      json_.Int(field.time_since_epoch().count());
    } else if constexpr (std::is_enum_v<T>) {
      json_.String(Name(field));
    } else if constexpr (std::integral<T>) {
      json_.Int(static_cast<int64_t>(field));
    } else if constexpr (std::floating_point<T>) {
      json_.Double(field);
    } else if constexpr (std::convertible_to<T, std::string_view>) {
      json_.String(field);
    } else if constexpr (kHasFields<T>) {
      Object(field);
    } else if constexpr (requires { field.has_value(); }) {
      Put(*field);
    } else if constexpr (std::same_as<T, Resources>) {
      json_.BeginObject();
      for (const auto& [name, amount] : field) json_.Field(name, amount);
      json_.EndObject();
    } else {
      json_.BeginArray();
      for (const auto& item : field) Put(item);
      json_.EndArray();
    }
  }

  JsonWriter json_;
};

// Reads the members of one object into a record's fields. Remembers the first wrong one.
class Reader {
 public:
  explicit Reader(const boost::json::object& object) : object_(object) {}

  void operator()(std::string_view name, auto& field) {
    const boost::json::value* value = object_.if_contains(name);
    if (value == nullptr || !wrong_.empty()) return;
    if (!Get(*value, field)) wrong_ = name;
  }
  std::string_view wrong() const { return wrong_; }

 private:
  template <class T>
  static bool Get(const boost::json::value& value, T& field) {
    if constexpr (std::same_as<T, bool>) {
      if (!value.is_bool()) return false;
      field = value.get_bool();
    } else if constexpr (kIsId<T>) {
      return GetNumber(value, field.value);
    } else if constexpr (std::same_as<T, Timestamp>) {
      int64_t micros = 0;
      if (!GetNumber(value, micros)) return false;
      field = Timestamp(Duration(micros));
    } else if constexpr (std::is_enum_v<T>) {
      return value.is_string() && GetEnum(std::string_view(value.get_string()), field);
    } else if constexpr (std::is_arithmetic_v<T>) {
      return GetNumber(value, field);
    } else if constexpr (std::same_as<T, std::string>) {
      if (!value.is_string()) return false;
      field = std::string_view(value.get_string());
    } else if constexpr (kHasFields<T>) {
      if (!value.is_object()) return false;
      Reader inside(value.get_object());
      Fields(inside, field);
      return inside.wrong().empty();
    } else if constexpr (requires { field.has_value(); }) {
      return Get(value, field.emplace());
    } else if constexpr (std::same_as<T, Resources>) {
      return GetResources(value, field);
    } else {
      return GetList(value, field);
    }
    return true;
  }

  template <class T>
  static bool GetNumber(const boost::json::value& value, T& number) {
    if constexpr (std::floating_point<T>) {
      if (!value.is_number()) return false;
      number = value.to_number<T>();
      return true;
    } else {
      boost::system::error_code error;
      number = value.to_number<T>(error);
      return value.is_number() && !error;
    }
  }

  template <class T>
  static bool GetEnum(std::string_view text, T& field) {
    for (uint8_t i = 0; i < 10; ++i) {
      const T candidate = static_cast<T>(i);
      if (i >= Count(candidate)) return false;
      if (Name(candidate) != text) continue;
      field = candidate;
      return true;
    }
    return false;
  }
  static constexpr uint8_t Count(TaskStatus) { return kTaskStatuses; }
  static constexpr uint8_t Count(RunState) { return kRunStates; }
  static constexpr uint8_t Count(Trigger) { return 5; }
  static constexpr uint8_t Count(Unit) { return 2; }
  static constexpr uint8_t Count(PlanKind) { return 3; }
  static constexpr uint8_t Count(AttemptOutcome) { return 8; }

  static bool GetResources(const boost::json::value& value, Resources& resources) {
    if (!value.is_object()) return false;
    for (const auto& member : value.get_object()) {
      if (!member.value().is_number()) return false;
      resources.emplace_back(member.key(), member.value().to_number<double>());
    }
    return true;
  }

  static bool GetList(const boost::json::value& value, auto& list) {
    if (!value.is_array()) return false;
    list.reserve(value.get_array().size());
    for (const auto& item : value.get_array()) {
      if (!Get(item, list.emplace_back())) return false;
    }
    return true;
  }

  const boost::json::object& object_;
  std::string_view wrong_;
};

// The alternative of that name, empty.
template <size_t I = 0>
bool MakeRecord(std::string_view name, Record& record) {
  if constexpr (I < std::variant_size_v<Record>) {
    if (name != kNames[I]) return MakeRecord<I + 1>(name, record);
    record.emplace<I>();
    return true;
  }
  return false;
}

}  // namespace

void EncodeRecord(const Record& record, std::string& out) {
  Writer writer(out);
  std::visit([&](const auto& r) { writer.Line(kNames[record.index()], r); }, record);
  out += '\n';
}

struct RecordDecoder::Impl {
  JsonParser parser;
};

RecordDecoder::RecordDecoder() : impl_(std::make_unique<Impl>()) {}
RecordDecoder::~RecordDecoder() = default;

Result<Record> RecordDecoder::Decode(std::string_view line) {
  const boost::json::value* value = TRY(impl_->parser.Parse(line));
  if (!value->is_object()) return Fail(ErrorCode::kCorrupt, "record is not a JSON object");
  const boost::json::object& object = value->get_object();
  const boost::json::value* name = object.if_contains("r");
  if (name == nullptr || !name->is_string()) {
    return Fail(ErrorCode::kCorrupt, "record has no name");
  }
  Record record;
  const std::string_view text = name->get_string();
  if (!MakeRecord(text, record)) {
    return Fail(ErrorCode::kCorrupt, "unknown record " + std::string(text));
  }
  Reader reader(object);
  std::visit([&](auto& r) { Fields(reader, r); }, record);
  if (!reader.wrong().empty()) {
    return Fail(
        ErrorCode::kCorrupt,
        std::string(text) + ": field " + std::string(reader.wrong()) + " has the wrong type");
  }
  return record;
}

}  // namespace headrace::scheduler
