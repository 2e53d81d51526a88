using Holdfast.TestKit;
using Microsoft.Extensions.Logging;

namespace Holdfast.Tests.TestKit;

public sealed class TestLogTests
{
    [Fact]
    public async Task An_error_nobody_expected_fails_the_guard()
    {
        var log = new TestLog();
        var logger = log.CreateFactory().CreateLogger("A");

        logger.LogWarning("Just {What}", "so");
        log.AssertNoUnexpectedErrors();
        logger.LogError("Broken {Thing}", "pipe");

        Assert.Equal("so", (await log.WaitForAsync("Just so")).Values["What"]);
        Assert.Throws<InvalidOperationException>(log.AssertNoUnexpectedErrors);
        log.Expect("Broken pipe");
        log.AssertNoUnexpectedErrors();
    }

    [Fact]
    public async Task Code_stops_at_a_sync_point_until_the_test_lets_it_go_on()
    {
        var point = new SyncPoint();
        var code = point.WaitToContinueAsync();

        await point.WaitUntilReachedAsync();
        Assert.False(code.IsCompleted);
        point.Continue();

        await code.WithinTestTimeout();
    }
}
