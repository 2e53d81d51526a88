using Holdfast.EndToEnd.Http;
using Holdfast.EndToEnd.Programs;
using Holdfast.TestKit;

namespace Holdfast.EndToEnd.Commands;

/// <summary><c>holdfast simulate</c>: a provider for anyone, on loopback only.</summary>
[Collection(nameof(OwnProcesses))]
public sealed class SimulateTests
{
    [Fact]
    public async Task It_answers_by_itself_and_ends_with_0_when_asked_to()
    {
        await using var simulator = ChildProgram.Start(Repository.Holdfast, ["simulate", "--listen", "127.0.0.1:0"]);
        var line = await simulator.OutputLineAsync(new(@"(?m)listens on (?<address>http://\S+?)/?$"));
        var address = line.Groups["address"].Value;
        var turns = SampleRequests.Protocols.Select(protocol => SampleRequests.Turn(protocol, "sim"))
            .Select(turn => new HttpTurn(address + turn.Path, turn.Body)).ToList();

        var results = await DotNetHttp.SendAsync(turns);
        await simulator.TerminateAsync();

        foreach (var (protocol, result) in SampleRequests.Protocols.Zip(results))
        {
            Assert.True(Reading.EndsWell(protocol, SseTranscript.Parse(result.Body)));
        }

        Assert.Equal(0, await simulator.ExitAsync(TestTimeout.Deadline));
    }

    [Theory]
    [InlineData("0.0.0.0:0")]
    [InlineData("127.0.0.1")]
    [InlineData("nowhere")]
    public async Task At_an_address_that_is_not_loopback_it_ends_with_2(string listen)
    {
        using var home = new TemporaryHome();

        var (code, _, error) = await home.RunAsync("simulate", "--listen", listen);

        Assert.Equal(2, code);
        Assert.Contains(listen, error);
    }
}
