using Holdfast.Simulator.Answers;
using Holdfast.Simulator.Connections;
using Holdfast.TestKit;

namespace Holdfast.Tests.Simulator;

public sealed class PaceTests
{
    [Fact]
    public void A_stream_that_is_late_goes_on_at_once_however_late_it_is()
    {
        var wait = TimeSpan.FromMilliseconds(1);
        var step = TimeSpan.FromMicroseconds(100);
        for (var late = TimeSpan.Zero; late <= TimeSpan.FromMilliseconds(3); late += step)
        {
            var time = new ManualTime();
            using var peer = new SlowPeer(time, wait + late);
            var plan = new AnswerPlan(AnswerEnding.KeepOpen)
            {
                Frames = [new("first"u8.ToArray(), TimeSpan.Zero, []), new("second"u8.ToArray(), wait, [])],
            };

            var written = new PlanWriter(peer, time).WriteAsync(plan, requestId: 1, CancellationToken.None);

            Assert.True(written.IsCompletedSuccessfully, $"It still waits, {late.TotalMilliseconds} ms late.");
            Assert.Equal("firstsecond"u8.ToArray(), peer.ToArray());
        }
    }

    /// <summary>Each write to it takes so long.</summary>
    private sealed class SlowPeer(ManualTime time, TimeSpan takes) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            time.Advance(takes);
            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}
