// Forms and percent-encoding from whoever reaches the port: any bytes decode to something, what is
// encoded decodes to itself, and the quick look-up of one field agrees with the list of all.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "net/form.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headrace::net;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  CHECK(PercentDecode(PercentEncode(text)) == text);
  CHECK(FormDecode(PercentEncode(text)) == text);
  CHECK(PercentDecode(PercentEncodePath(text)) == text);
  CHECK(FormDecode(text).size() <= text.size());

  for (const auto& [name, value] : ParseForm(text)) {
    CHECK(FindFormField(text, name).has_value());
  }

  // The first line as a Content-Type, the rest as a body of that type.
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return 0;
  HttpRequest request;
  request.headers.Add("Content-Type", text.substr(0, end));
  request.body = text.substr(end + 1);
  request.query = request.body;
  const auto found = FindArgument(request, "data");
  CHECK(!found || found->size() <= size);
  return 0;
}
