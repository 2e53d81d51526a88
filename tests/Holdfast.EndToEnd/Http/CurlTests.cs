using System.Text.Json;
using System.Text.RegularExpressions;
using Holdfast.EndToEnd.Programs;
using Holdfast.TestKit;

namespace Holdfast.EndToEnd.Http;

/// <summary>What people type first.</summary>
public sealed class CurlTests(Gateways gateways)
{
    [Fact]
    public async Task The_command_that_serve_prints_stands_in_the_README_and_streams_a_turn()
    {
        var command = CommandIn(gateways.StartText);
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"));

        var (code, output, error) = await ChildProgram.RunAsync("bash", ["-c", command]);

        Assert.Equal(CommandIn(readme), command.Replace(gateways.Plain, "http://127.0.0.1:8484"));
        Assert.True(code == 0, error);
        var stream = SseTranscript.Parse(output);
        Assert.StartsWith(Reading.Text(deltas: 5), Reading.TextOf("anthropic", stream));
        Assert.True(Reading.EndsWell("anthropic", stream));
    }

    [Fact]
    public async Task A_message_asked_for_with_a_key_has_an_id_and_content()
    {
        var body = await Curl.GetAsync(
            $"{gateways.Plain}/v1/messages", "-H", "x-api-key: not-a-key", "-H", "anthropic-version: 2023-06-01",
            "-H", "content-type: application/json",
            "-d", """{"model":"sim","max_tokens":16,"messages":[{"role":"user","content":"hi"}]}""");

        var message = JsonSerializer.Deserialize<JsonElement>(body);
        Assert.StartsWith("msg_", message.GetProperty("id").GetString());
        Assert.Equal(Reading.Text(deltas: 5), message.GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    public async Task The_probes_answer(string path)
    {
        var body = await Curl.GetAsync("-f", gateways.Plain + path);

        Assert.Equal("ok", JsonSerializer.Deserialize<JsonElement>(body).GetProperty("status").GetString());
    }

    /// <summary>Claude Code and the SDKs probe like this when they start, and take a failure for a gateway that is not there.</summary>
    [Theory]
    [InlineData("HEAD", "/", "HTTP/1.1 200")]
    [InlineData("HEAD", "/api/hello", "HTTP/1.1 200")]
    [InlineData("OPTIONS", "/v1/messages", "HTTP/1.1 204")]
    public async Task What_clients_ask_before_their_first_turn_is_answered(string method, string path, string status)
    {
        string[] options = method == "HEAD" ? ["-I"] : ["-i", "-X", method];

        var head = await Curl.GetAsync([.. options, gateways.Plain + path]);

        Assert.StartsWith(status, head);
    }

    // The first curl command of a text, its lines joined and the blanks between words made equal.
    private static string CommandIn(string text)
    {
        var lines = text.Split('\n').Select(line => line.Trim())
            .SkipWhile(line => !line.StartsWith("curl -N", StringComparison.Ordinal));
        return Regex.Replace(string.Join(' ', lines.Take(2).Select(line => line.TrimEnd('\\'))), " +", " ",
            RegexOptions.None, TimeSpan.FromSeconds(1));
    }
}
