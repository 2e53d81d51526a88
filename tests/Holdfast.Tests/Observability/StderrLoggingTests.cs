using System.Text;
using Holdfast.Hosting;
using Holdfast.Observability;
using Holdfast.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Holdfast.Tests.Observability;

public sealed class StderrLoggingTests
{
    [Fact]
    public void A_message_is_one_line_whatever_is_in_it_and_holds_no_key()
    {
        var sink = new MemoryStream();
        using (var logging = new StderrLogging(sink, new ManualTime()))
        {
            logging.CreateLogger("Holdfast.Proxy.Thing").LogWarning(
                new InvalidOperationException("one\ntwo"), "Cut {Path} Bearer CANARYCANARY", "a\nb\u001b[31m");
        }

        var lines = Encoding.UTF8.GetString(sink.ToArray()).Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("2026-07-01T12:00:00.000Z warn  Proxy.Thing  Cut a | b[31m Bearer ***", lines[0]);
        Assert.Contains("InvalidOperationException", lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", lines[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "warn info")]
    [InlineData(true, "warn info debug")]
    public void Debug_messages_are_written_only_when_asked_for(bool debug, string expected)
    {
        var sink = new MemoryStream();
        var services = new ServiceCollection().AddLogging().AddDiagnostics(new() { IsDebug = debug }, sink).BuildServiceProvider();
        using (services)
        {
            var ours = services.GetRequiredService<ILoggerFactory>().CreateLogger("Holdfast.Proxy");
            ours.LogWarning("warn");
            ours.LogInformation("info");
            ours.LogDebug("debug");
            services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore").LogInformation("theirs");
        }

        var messages = Encoding.UTF8.GetString(sink.ToArray()).Split('\n')[..^1].Select(line => line.Split(' ')[^1]);
        Assert.Equal(expected, string.Join(' ', messages));
    }
}
