using Holdfast.Answers;
using Holdfast.Exchanges;
using Holdfast.Vigils;
using Holdfast.Wire.Bytes;

namespace Holdfast.Attempts;

/// <summary>Passes bytes on as they come, behind a head that the client has: nothing in them can be told whole from half. A cut
/// is passed on as a cut, so that nobody takes it for whole.</summary>
/// <param name="source">Where the bytes come from.</param>
/// <param name="answer">The client's side.</param>
/// <param name="exchange">The exchange.</param>
/// <param name="vigil">Watches over it.</param>
internal sealed class FlowRelay(AnswerSource source, ClientAnswer answer, Exchange exchange, Vigil vigil)
{
    /// <summary>The status of an upstream's error; null for an answer.</summary>
    public int? ErrorStatus { get; init; }

    /// <summary>Passes on to the end.</summary>
    /// <param name="beginning">Bytes that were read before, if any: they are given back as soon as they are sent.</param>
    public async ValueTask<AttemptResult> RunAsync(PooledBytes? beginning = null)
    {
        foreach (var part in beginning?.Bytes ?? default)
        {
            answer.Write(part.Span);
            await answer.FlushAsync();
        }

        beginning?.Dispose();
        while (true)
        {
            vigil.UpstreamSilence.Restart();
            var room = answer.GetMemory();
            var read = await source.ReadAsync(room);
            if (read is { Lost: null, ClientGone: false, Bytes: 0 })
            {
                End();
                return AttemptResult.Answered.Value;
            }

            if (read.Bytes == 0)
            {
                Cut(read);
                return AttemptResult.Answered.Value;
            }

            answer.Written(room.Span[..read.Bytes]);
            await answer.FlushAsync();
        }
    }

    private void End()
    {
        if (ErrorStatus is { } status)
        {
            exchange.Flight.UpstreamErred($"status_{status}");
        }
        else
        {
            answer.Complete(source.IsUndelivered);
        }
    }

    private void Cut(BodyRead read)
    {
        if (read.ClientGone)
        {
            exchange.Flight.ClientLeft();
        }
        else
        {
            exchange.Flight.Failed(read.Lost!, read.Detail);
            answer.Abort();
        }
    }
}
