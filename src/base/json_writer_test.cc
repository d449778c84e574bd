// What Python's json.dumps writes, byte for byte; the expected texts were made by Python 3.11.

#include "base/json_writer.h"

#include <boost/json.hpp>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "base/python_json.h"

namespace headrace {
namespace {

std::string Repr(double number) {
  std::string out;
  AppendPythonDouble(out, number);
  return out;
}

std::string Quote(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

TEST(JsonWriter, SeparatesAsPythonDoes) {
  std::string out;
  JsonWriter writer(out, JsonStyle::kPython);

  writer.BeginObject();
  writer.Key("response");
  writer.BeginArray();
  writer.Int(-1);
  writer.BeginObject();
  writer.EndObject();
  writer.Field("unused", true);  // a key in an array is the caller's mistake, not ours to catch
  writer.EndArray();
  writer.Field("x", 2.5);
  writer.NullField("none");
  writer.EndObject();

  EXPECT_EQ(out, R"({"response": [-1, {}, "unused": true], "x": 2.5, "none": null})");
}

TEST(JsonWriter, CompactStyleHasNoSpaces) {
  EXPECT_EQ(ToJson(*ParseJson(R"({"a" : [1, 2.0, {"b": null}], "c": "d"})"), JsonStyle::kCompact),
            R"({"a":[1,2.0,{"b":null}],"c":"d"})");
}

TEST(JsonWriter, FloatsAreWrittenAsPythonRepr) {
  EXPECT_EQ(Repr(5.0), "5.0");
  EXPECT_EQ(Repr(-0.0), "-0.0");
  EXPECT_EQ(Repr(0.1), "0.1");
  EXPECT_EQ(Repr(1e16), "1e+16");
  EXPECT_EQ(Repr(9999999999999998.0), "9999999999999998.0");
  EXPECT_EQ(Repr(123456789012345680.0), "1.2345678901234568e+17");
  EXPECT_EQ(Repr(0.0001), "0.0001");
  EXPECT_EQ(Repr(0.00001), "1e-05");
  EXPECT_EQ(Repr(1795569502.8245525), "1795569502.8245525");
  EXPECT_EQ(Repr(5e-324), "5e-324");
  EXPECT_EQ(Repr(1.7976931348623157e308), "1.7976931348623157e+308");
  EXPECT_EQ(Repr(-1500.0), "-1500.0");
  EXPECT_EQ(Repr(std::numeric_limits<double>::infinity()), "Infinity");
  EXPECT_EQ(Repr(-std::numeric_limits<double>::infinity()), "-Infinity");
  EXPECT_EQ(Repr(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

TEST(JsonWriter, EveryFiniteDoubleReadsBackTheSame) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const double number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    const std::string text = Repr(number);
    ASSERT_EQ(std::strtod(text.c_str(), nullptr), number) << text;
    ASSERT_NE(text.find_first_of(".e"), std::string::npos) << text;
  }
}

TEST(JsonWriter, StringsAreAsciiWithPythonsEscapes) {
  EXPECT_EQ(Quote("a\"b\\c\n\r\t\f\b\x01\x7f"), R"("a\"b\\c\n\r\t\f\b\u0001\u007f")");
  EXPECT_EQ(Quote("grün €"), R"("gr\u00fcn \u20ac")");
  EXPECT_EQ(Quote("😀"), R"("\ud83d\ude00")");
  EXPECT_EQ(Quote("</script> a/b </"), R"("<\/script> a/b <\/")");
}

TEST(JsonWriter, LoneSurrogateBytesGoOutAsTheirEscape) {
  EXPECT_EQ(Quote("\xED\xB3\xBF"), R"("\udcff")");
}

TEST(JsonWriter, BytesThatAreNoUtf8BecomeTheReplacementCharacter) {
  EXPECT_EQ(Quote("\xFFx"), R"("\ufffdx")");
  EXPECT_EQ(Quote("\xC3"), R"("\ufffd")");
  EXPECT_EQ(Quote("\xE0\x80\x80"), R"("\ufffd\ufffd\ufffd")");
  EXPECT_EQ(Quote("\xF4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");
}

TEST(JsonWriter, StrictStyleWritesNullForWhatOthersCannotRead) {
  std::string out;
  JsonWriter writer(out, JsonStyle::kStrict);
  writer.BeginArray();
  writer.Double(std::numeric_limits<double>::infinity());
  writer.Double(1.5);
  writer.EndArray();
  EXPECT_EQ(out, "[null,1.5]");
}

TEST(JsonWriter, StrictStyleReplacesPythonsWordsInRawTextToo) {
  std::string out;
  JsonWriter writer(out, JsonStyle::kStrict);
  writer.BeginArray();
  writer.Raw(R"({"a":NaN,"b":[-Infinity,1],"c":"NaN"})");
  writer.Raw(R"({"d": 2})");
  writer.EndArray();
  EXPECT_EQ(out, R"([{"a":null,"b":[null,1],"c":"NaN"},{"d": 2}])");
}

}  // namespace
}  // namespace headrace
