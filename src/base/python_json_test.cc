// Python's dialect in, the same values out.

#include "base/python_json.h"

#include <bit>
#include <boost/json.hpp>
#include <cmath>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/json_writer.h"

namespace headrace {
namespace {

// Reads and writes again; "error" when it is refused.
std::string RoundTrip(std::string_view text) {
  const auto value = ParseJson(text);
  return value ? ToJson(*value, JsonStyle::kPython) : "error";
}

TEST(JsonParser, BareInfinityAndNanAreNumbers) {
  EXPECT_EQ(RoundTrip(R"({"max_batch_size": Infinity, "a": [-Infinity,NaN]})"),
            R"({"max_batch_size": Infinity, "a": [-Infinity, NaN]})");
  EXPECT_EQ(RoundTrip("NaN"), "NaN");
  EXPECT_EQ(RoundTrip("-Infinity"), "-Infinity");
  EXPECT_TRUE(std::isnan(ParseJson("[NaN]")->as_array()[0].as_double()));
}

TEST(JsonParser, TheWordsInsideStringsStayText) {
  EXPECT_EQ(RoundTrip(R"({"NaN": "Infinity \" NaN, -Infinity", "b": NaN})"),
            R"({"NaN": "Infinity \" NaN, -Infinity", "b": NaN})");
}

TEST(JsonParser, TheWordsInsideOtherTokensAreErrors) {
  for (const char* text : {"1Infinity",
                           "-NaN",
                           "--Infinity",
                           "InfinityNaN",
                           "NaNs",
                           "tNaN",
                           "+NaN",
                           "Infinit",
                           "infinity",
                           "[1 Infinity]",
                           "1e-Infinity"}) {
    EXPECT_EQ(RoundTrip(text), "error") << text;
  }
}

TEST(JsonParser, LoneSurrogatesComeBackAsTheyWere) {
  EXPECT_EQ(RoundTrip(R"("\udcff")"), R"("\udcff")");
  EXPECT_EQ(RoundTrip(R"("a\uD800b\uDFFF")"), R"("a\ud800b\udfff")");
  EXPECT_EQ(RoundTrip(R"("\ud83d\ude00")"), R"("\ud83d\ude00")");
  EXPECT_EQ(RoundTrip(R"("\ude00\ud83d")"), R"("\ude00\ud83d")");
  EXPECT_EQ(RoundTrip(R"("\ud83d\ud83d\ude00")"), R"("\ud83d\ud83d\ude00")");
  EXPECT_EQ(RoundTrip(R"("\\udcff")"), R"("\\udcff")");
  EXPECT_EQ(*ParseJson(R"("\udcff")"), boost::json::string("\xED\xB3\xBF"));
}

TEST(JsonParser, NumbersBeyondSixtyFourBitsAreDoubles) {
  EXPECT_EQ(RoundTrip("1180591620717411303424"), "1.1805916207174113e+21");
  EXPECT_EQ(RoundTrip("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(RoundTrip("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(RoundTrip("1e400"), "Infinity");
}

TEST(JsonParser, FloatsReadAsPythonReadsThem) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 50'000; ++i) {
    const double number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    std::string text;
    AppendPythonDouble(text, number);
    const auto value = ParseJson(text);
    ASSERT_TRUE(value) << text;
    ASSERT_EQ(value->to_number<double>(), number) << text;
  }
  EXPECT_EQ(RoundTrip("[1795569502.8245525, 0.30000000000000004, -0.0, 1E5, 2.5e+3]"),
            "[1795569502.8245525, 0.30000000000000004, -0.0, 100000.0, 2500.0]");
  EXPECT_EQ(RoundTrip("[1e-400, 1e999, -1e999]"), "[0.0, Infinity, -Infinity]");
}

TEST(JsonParser, TheLastOfEqualKeysWins) {
  EXPECT_EQ(RoundTrip(R"({"a": 1, "b": 2, "a": 3})"), R"({"a": 3, "b": 2})");
}

TEST(JsonParser, DeepNestingIsRefused) {
  const std::string deep = std::string(kJsonDepthMax, '[') + std::string(kJsonDepthMax, ']');
  EXPECT_NE(RoundTrip(deep), "error");
  EXPECT_EQ(RoundTrip('[' + deep + ']'), "error");
  EXPECT_EQ(RoundTrip(std::string(100'000, '[')), "error");
  EXPECT_EQ(RoundTrip("NaN" + std::string(100'000, '[')), "error");
}

TEST(JsonParser, BytesThatAreNoUtf8AreRefused) {
  EXPECT_EQ(RoundTrip("\"\xFF\""), "error");
  EXPECT_EQ(RoundTrip("[\"\xFF\", NaN]"), "error");
  EXPECT_EQ(RoundTrip("[\"\xED\xB3\xBF\", NaN]"), "error");
  EXPECT_EQ(RoundTrip("[\"€\", NaN]"), R"(["\u20ac", NaN])");
}

TEST(JsonParser, AnErrorNamesTheByte) {
  EXPECT_EQ(ParseJson("").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(ParseJson("{\"a\": }").error().message, "JSON at byte 6: syntax error");
  EXPECT_NE(ParseJson("{} x").error().message.find("extra data"), std::string::npos);
}

TEST(JsonParser, StrictRefusesPythonsWords) {
  JsonParser parser;
  EXPECT_FALSE(parser.ParseStrict("[NaN]"));
  EXPECT_TRUE(parser.ParseStrict("[1]"));
}

TEST(JsonParser, OneParserReadsManyTextsOfAllSizes) {
  JsonParser parser;
  for (size_t size : {1u, 100u, 100'000u, 10u}) {
    const std::string text = "[\"" + std::string(size, 'x') + "\", NaN]";
    const auto value = parser.Parse(text);
    ASSERT_TRUE(value);
    EXPECT_EQ((*value)->as_array()[0].as_string().size(), size);
    EXPECT_FALSE(parser.Parse("["));
  }
}

TEST(JsonParser, LargeTextsOneAfterTheOtherNeedNoMoreMemoryThanOne) {
  JsonParser parser;
  std::string text = "[";
  for (int i = 0; i < 5000; ++i) text += "\"a string that is not short\",";
  text += "0]";

  for (int i = 0; i < 100; ++i) ASSERT_TRUE(parser.Parse(text)) << i;
}

}  // namespace
}  // namespace headrace
