using System.Text.Json;
using Holdfast.EndToEnd.Programs;

namespace Holdfast.EndToEnd.Http;

/// <summary>Clients people copied from elsewhere read our errors as they always did.</summary>
public sealed class SampleClientTests(Gateways gateways)
{
    /// <summary>The sample splits at line ends, reads <c>error.message</c> and stops at <c>[DONE]</c>.</summary>
    [Fact]
    public async Task The_JavaScript_sample_reads_the_error_of_a_cut_stream_and_stops_at_DONE()
    {
        var script = Repository.NodeScript("lines.mjs");

        var seen = await RunAsync(Repository.Node, script, gateways.Plain, "sim-n5-i50-rst3");

        Assert.Equal(Reading.Text(deltas: 3), seen.GetProperty("text").GetString());
        Assert.Equal("Connection to upstream server lost", seen.GetProperty("error").GetString());
        Assert.True(seen.GetProperty("done").GetBoolean());
    }

    /// <summary>The sample raises for the status and, for a 502, looks whether <c>error.type</c> is
    /// <c>connection_error</c>.</summary>
    [Fact]
    public async Task The_Python_sample_knows_a_lost_connection_by_its_502()
    {
        var script = Repository.PythonScript("whole.py");

        var seen = await RunAsync(Repository.Python, script, gateways.Plain, "sim-rst0");

        Assert.True(seen.GetProperty("connection_lost").GetBoolean());
        Assert.Equal("Failed to connect to upstream server", seen.GetProperty("message").GetString());
    }

    private static async Task<JsonElement> RunAsync(string runtime, string script, params string[] arguments)
    {
        var (code, output, error) = await ChildProgram.RunAsync(runtime, [script, .. arguments]);
        Assert.True(code == 0, error);
        return JsonSerializer.Deserialize<JsonElement>(output);
    }
}
