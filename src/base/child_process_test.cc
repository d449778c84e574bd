// Real processes: what they inherit, how they end, and that none is left behind.

#include "base/child_process.h"

#include <csignal>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace headrace {
namespace {

using std::chrono::seconds;

ChildOptions Shell(const std::string& script) {
  return {.arguments = {"sh", "-c", script}};
}

struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    read.Reset(ends[0]);
    write.Reset(ends[1]);
  }
  std::string ReadAll() {
    write.Reset();
    std::string text;
    char buffer[4096];
    ssize_t got = 0;
    while ((got = ::read(read.get(), buffer, sizeof buffer)) > 0) {
      text.append(buffer, static_cast<size_t>(got));
    }
    return text;
  }
  UniqueFd read, write;
};

std::string OutputOf(Children& children, ChildOptions options) {
  Pipe pipe;
  options.descriptors.emplace_back(pipe.write.get(), 1);
  Result<ChildProcess> child = children.Start(options);
  EXPECT_TRUE(child) << child.error().message;
  std::string text = pipe.ReadAll();
  child->WaitFor(seconds(10));
  return text;
}

bool Exists(pid_t pid) {
  return kill(pid, 0) == 0;
}

TEST(ChildProcess, TellsCodeAndSignalInWords) {
  Children children;

  ChildProcess code = *children.Start(Shell("exit 3"));
  ChildProcess signal = *children.Start(Shell("kill -SEGV $$"));

  EXPECT_EQ(code.WaitFor(seconds(10))->Text(), "exited with code 3");
  EXPECT_EQ(signal.WaitFor(seconds(10))->Text(), "killed by signal 11 (SIGSEGV)");
  EXPECT_EQ(code.TryWait()->code, 3);
}

TEST(ChildProcess, ProgramThatIsNotThereIsAnErrorThatNamesIt) {
  Children children;

  const Result<ChildProcess> child =
      children.Start({.arguments = {"no/such/program"}, .cwd = "/tmp"});

  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().code, ErrorCode::kNotFound);
  EXPECT_NE(child.error().message.find("no/such/program in /tmp: No such file"), std::string::npos);
}

TEST(ChildProcess, InheritsExactlyTheDescriptorsNamed) {
  Children children;
  const UniqueFd leaky(open("/dev/zero", O_RDONLY));  // no O_CLOEXEC
  Pipe pipe;
  ChildOptions options = Shell("ls /proc/self/fd; readlink /proc/self/fd/0");
  options.descriptors.emplace_back(pipe.read.get(), 5);

  const std::string out = OutputOf(children, options);

  EXPECT_EQ(out, "0\n1\n2\n3\n5\n/dev/null\n");  // 3 is ls's own
}

TEST(ChildProcess, EnvironmentIsAddedAndTheWorkingDirectorySet) {
  Children children;
  ChildOptions options = Shell("echo $A; pwd; test -n \"$PATH\" && echo path");
  options.environment = {{"A", "b c"}};
  options.cwd = "/usr";

  EXPECT_EQ(OutputOf(children, options), "b c\n/usr\npath\n");
}

TEST(ChildProcess, WaitForGivesUpAtItsLimit) {
  Children children;
  ChildProcess child = *children.Start(Shell("sleep 60"));

  EXPECT_FALSE(child.WaitFor(std::chrono::milliseconds(20)));
  EXPECT_TRUE(child.running());
}

TEST(ChildProcess, DestructionEndsItsWholeGroup) {
  Children children;
  Pipe pipe;
  ChildOptions options = Shell("sleep 60 & echo started; wait");
  options.descriptors.emplace_back(pipe.write.get(), 1);
  {
    const ChildProcess child = *children.Start(options);
    char first = 0;
    ASSERT_EQ(read(pipe.read.get(), &first, 1), 1);
  }

  EXPECT_EQ(pipe.ReadAll(), "tarted\n");  // its end is seen: nobody holds the pipe any more
  children.KillOrphans(seconds(5));
}

TEST(Children, DaemonIsFoundAndKilledStartedOnesAreSpared) {
  Children children;
  ChildProcess spared = *children.Start(Shell("sleep 60"));

  const std::string out = OutputOf(children, Shell("setsid sleep 60 >/dev/null & echo $!"));
  const pid_t daemon = std::stoi(out);
  EXPECT_TRUE(Exists(daemon));

  EXPECT_GE(children.KillOrphans(seconds(5)), 1);
  EXPECT_FALSE(Exists(daemon));
  EXPECT_TRUE(spared.running());
  EXPECT_FALSE(spared.TryWait());
}

TEST(Children, GroupIsKilledAndReapedAfterItsLeaderHasEnded) {
  Children children;
  Pipe pipe;
  ChildOptions options = Shell("sleep 60 >/dev/null & echo $!");
  options.descriptors.emplace_back(pipe.write.get(), 1);
  ChildProcess leader = *children.Start(options);
  const pid_t member = std::stoi(pipe.ReadAll());
  leader.WaitFor(seconds(10));

  EXPECT_TRUE(children.KillGroup(leader.pid(), seconds(5)));
  EXPECT_FALSE(Exists(member));
}

}  // namespace
}  // namespace headrace
