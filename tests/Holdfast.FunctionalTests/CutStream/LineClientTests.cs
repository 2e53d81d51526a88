using System.Diagnostics;
using System.Text.Json;
using Holdfast.Simulator.Answers;
using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.CutStream;

/// <summary>The simplest JavaScript client there is, run by Node, reads the error and stops at <c>[DONE]</c>.</summary>
public sealed class LineClientTests
{
    [Fact]
    public async Task A_javascript_client_that_reads_lines_sees_the_error_and_stops_at_done()
    {
        foreach (var lost in (Answer[])
            [Answer.Ok().ResetAfterEvent(4), Answer.Ok().FinInsideEvent(4), Answer.Ok().CleanEndAfterEvent(4)])
        {
            var result = await RunAsync(lost);

            Assert.Equal(200, result.GetProperty("status").GetInt32());
            Assert.Equal("Holdfast simulator: your ", result.GetProperty("text").GetString());
            Assert.Equal("connection_error: Connection to upstream server lost", result.GetProperty("error").GetString());
            Assert.True(result.GetProperty("done").GetBoolean());
        }
    }

    [Fact]
    public async Task A_javascript_client_that_reads_lines_gets_a_whole_answer_without_an_error()
    {
        var result = await RunAsync(Answer.Ok());

        Assert.Equal("Holdfast simulator: your setup works. ", result.GetProperty("text").GetString());
        Assert.Equal(JsonValueKind.Null, result.GetProperty("error").ValueKind);
        Assert.True(result.GetProperty("done").GetBoolean());
    }

    /// <summary>Where nothing had begun, the client reads the status and the type it compares.</summary>
    [Fact]
    public async Task A_javascript_client_reads_the_type_of_a_failed_connection()
    {
        var result = await RunAsync(Answer.Ok().ResetBeforeHeaders());

        Assert.Equal(502, result.GetProperty("status").GetInt32());
        Assert.Equal("connection_error", result.GetProperty("type").GetString());
        Assert.Equal("Failed to connect to upstream server", result.GetProperty("message").GetString());
    }

    private static async Task<JsonElement> RunAsync(Answer answer)
    {
        await using var gateway = await TestGateway.StartAsync();
        gateway.Upstream.Always(answer);
        var script = Path.Combine(AppContext.BaseDirectory, "CutStream", "line-client.mjs");
        using var node = Process.Start(new ProcessStartInfo("node", [script, gateway.Address.ToString(), "test"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

        var output = node.StandardOutput.ReadToEndAsync();
        var errors = node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync().WithinTestTimeout();
        Assert.Equal("", await errors);
        return JsonSerializer.Deserialize<JsonElement>(await output);
    }
}
