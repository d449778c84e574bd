// WorkerTest: a worker on a thread of its own that runs real tasks for a TestScheduler.

#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "worker/test_scheduler.h"
#include "worker/worker.h"

namespace headrace::worker {

// A worker that runs until the test is over.
class WorkerTest : public testing::Test {
 protected:
  WorkerTest() { SetUpOptions(); }
  ~WorkerTest() override {
    StopWorker();
    std::filesystem::remove_all(folder_);
  }

  void SetUpOptions() {
    const char* python = std::getenv("HEADRACE_TEST_PYTHON");
    options_.worker = {
        .id = "w1", .pools = {"default"}, .slots = 2, .host = "h", .pid = 1, .version = "0"};
    options_.log.dir = folder_ + "/logs";
    options_.limits.grace = std::chrono::seconds(1);
    options_.host.python =
        python != nullptr ? python : HEADRACE_SOURCE_DIR "/build/venv/bin/python";
    options_.host.package_dir = HEADRACE_SOURCE_DIR "/python";
    options_.host.path = {folder_, HEADRACE_SOURCE_DIR "/tests/host/pipelines"};
    options_.host.env = {{"HOST_TEST_DATA", folder_}};
  }

  // Call once, when options_ are as wanted.
  void StartWorker(const TestScheduler& scheduler) {
    options_.client.url = scheduler.Url();
    options_.client.pause_max = std::chrono::milliseconds(100);
    std::promise<Worker*> made;
    thread_ = std::thread([this, &made] {
      Worker worker(options_, children_, pool_, clock_);
      made.set_value(&worker);
      const Result<void> ran = worker.Run();
      EXPECT_TRUE(ran) << ran.error().message;
    });
    worker_ = made.get_future().get();
  }

  void StopWorker() {
    if (!thread_.joinable()) return;
    if (worker_ != nullptr) worker_->Stop(), worker_->Stop();
    thread_.join();
    worker_ = nullptr;
  }

  // Returns when the worker has gone by itself (after Stop()).
  void AwaitWorker() {
    thread_.join();
    worker_ = nullptr;
  }

  std::string Log(int64_t attempt) const {
    return FileText(folder_ + "/logs/" + std::to_string(attempt / 1000) + "/" +
                    std::to_string(attempt) + ".log");
  }

  static std::string FileText(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static std::string Boom(const std::string& how) {
    return R"("task_id":"Boom_1","module":"behaviour","family":"Boom","params":{"how":")" + how +
           "\"}";
  }

  static std::string MakeFolder() {
    char name[] = "/tmp/worker.test.XXXXXX";
    return ::mkdtemp(name);
  }

  const SystemClock clock_;
  const std::string folder_ = MakeFolder();
  Children children_;
  host::HostPool pool_{children_, clock_};
  WorkerOptions options_;
  Worker* worker_ = nullptr;
  std::thread thread_;
};

}  // namespace headrace::worker
