// Forms and percent-encoding, as luigid's own decoder takes them.

#include "net/form.h"

#include <gtest/gtest.h>

namespace headrace::net {
namespace {

HttpRequest FormRequest(std::string query, std::string type, std::string body) {
  HttpRequest request;
  request.query = std::move(query);
  request.body = std::move(body);
  request.headers.Add("content-type", type);
  return request;
}

TEST(Form, DecodesWhatIsEncodedAndLeavesTheRest) {
  EXPECT_EQ(FormDecode("a+b%20c%2Bd"), "a b c+d");
  EXPECT_EQ(PercentDecode("a+b%20c"), "a+b c");
  EXPECT_EQ(FormDecode("100%"), "100%");
  EXPECT_EQ(FormDecode("%4"), "%4");
  EXPECT_EQ(FormDecode("%zz%41"), "%zzA");
  EXPECT_EQ(FormDecode("%%41"), "%A");
  EXPECT_EQ(FormDecode("%00"), std::string(1, '\0'));
}

TEST(Form, EncodingIsUndoneByDecoding) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(PercentDecode(PercentEncode(all)), all);
  EXPECT_EQ(FormDecode(PercentEncode(all)), all);
  EXPECT_EQ(PercentEncode("Az09-._~ /+"), "Az09-._~%20%2F%2B");
  EXPECT_EQ(PercentEncodePath("/a b"), "/a%20b");
}

TEST(Form, FieldsComeInOrderWithEmptyValues) {
  EXPECT_EQ(ParseForm("a=1&b=&c&=d&&a=2"),
            (FormFields{{"a", "1"}, {"b", ""}, {"", "d"}, {"a", "2"}}));
}

TEST(Form, TheLastOfEqualNamesWins) {
  EXPECT_EQ(FindFormField("data=1&x=2&data=3", "data"), "3");
  EXPECT_EQ(FindFormField("d%61ta=1", "data"), "1");
  EXPECT_EQ(FindFormField("data", "data"), std::nullopt);
  EXPECT_EQ(FindFormField("", "data"), std::nullopt);
}

TEST(Form, TheBodyWinsOverTheQuery) {
  const std::string form = "application/x-www-form-urlencoded; charset=utf-8";
  EXPECT_EQ(FindArgument(FormRequest("data=q", form, "data=b"), "data"), "b");
  EXPECT_EQ(FindArgument(FormRequest("data=q", form, "x=b"), "data"), "q");
  EXPECT_EQ(FindArgument(FormRequest("data=q", "application/json", "data=b"), "data"), "q");
  EXPECT_EQ(FindArgument(FormRequest("", form, ""), "data"), std::nullopt);
}

TEST(Form, FindsMultipartFieldsButNotFiles) {
  const std::string type = "multipart/form-data; boundary=\"x y\"";
  const std::string body =
      "preamble\r\n--x y\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{\"a\": 1}\r\n"
      "--x y\r\nContent-Type: text/plain\r\ncontent-disposition: form-data; name=other\r\n\r\nv\r\n"
      "--x y\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nfile\r\n--x "
      "y--\r\n";

  EXPECT_EQ(FindArgument(FormRequest("", type, body), "data"), "{\"a\": 1}");
  EXPECT_EQ(FindArgument(FormRequest("", type, body), "other"), "v");
  EXPECT_EQ(FindArgument(FormRequest("", type, body), "f"), std::nullopt);
  EXPECT_EQ(FindArgument(FormRequest("", "multipart/form-data", body), "data"), std::nullopt);
}

}  // namespace
}  // namespace headrace::net
