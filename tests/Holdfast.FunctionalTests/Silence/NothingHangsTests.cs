using Holdfast.TestKit;

namespace Holdfast.FunctionalTests.Silence;

/// <summary>Under every fault every request ends within its limits, streamed or whole, in every protocol. Each wait of
/// the client has a deadline; the limits are a hundredth of it.</summary>
public sealed class NothingHangsTests
{
    public static TheoryData<string> Faults => [.. FaultLoad.Names];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task No_request_hangs(string fault)
    {
        await using var gateway = await TestGateway.StartAsync(FaultLoad.ShortLimits);
        gateway.Upstream.Always(FaultLoad.ByModel);
        var requests =
            from protocol in SampleRequests.Protocols
            from stream in (bool[])[true, false]
            select FaultLoad.RunAsync(gateway, fault, protocol, stream);

        await Task.WhenAll(requests);

        for (var i = 0; i < 8; i++)
        {
            Assert.NotNull((await gateway.NextRecordAsync()).End);
        }
    }
}
