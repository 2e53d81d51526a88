using System.Runtime.CompilerServices;
using Holdfast.Exchanges;
using Holdfast.Recording.Records;
using Holdfast.Upstreams;
using Holdfast.Vigils;
using Holdfast.Wire.Errors;

namespace Holdfast.Attempts;

/// <summary>Reads the body of one upstream answer: its silence, the client's leaving and the process's end break it off.</summary>
/// <param name="source">The body, decoded.</param>
/// <param name="trace">What the sockets do for the attempt.</param>
/// <param name="flight">What is written down.</param>
/// <param name="vigil">Watches over the exchange.</param>
internal sealed class UpstreamSource(Stream source, ConnectionTrace trace, FlightRecord flight, Vigil vigil) : AnswerSource
{
    /// <summary>After so many reads without a wait the loop goes on elsewhere: it may run on a thread that other sockets
    /// wait for.</summary>
    private const int MostAtOnce = 32;

    private int _atOnce;

    public override ValueTask<BodyRead> WaitAsync() => ReadAsync(Memory<byte>.Empty);

    public override ValueTask<BodyRead> ReadAsync(Memory<byte> memory)
    {
        // An upstream that never pauses must not keep us from seeing that it is over.
        if (vigil.Final() is var final and not Alarm.None)
        {
            return new(EndOf(final));
        }

        ValueTask<int> read;
        try
        {
            read = source.ReadAsync(memory, vigil.GivenUp);
            if (read.IsCompletedSuccessfully && ++_atOnce < MostAtOnce)
            {
                return new(Heard(read.Result));
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or InvalidDataException)
        {
            return new(Lost(e));
        }

        return ReadSlowlyAsync(read);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<BodyRead> ReadSlowlyAsync(ValueTask<int> read)
    {
        var hasMuch = _atOnce >= MostAtOnce;
        _atOnce = 0;
        try
        {
            if (hasMuch)
            {
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            if (!read.IsCompleted && await vigil.UntilAsync(read) is var alarm and not Alarm.None)
            {
                await AbandonAsync(read);
                return EndOf(alarm);
            }

            return Heard(await read);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or InvalidDataException)
        {
            return Lost(e);
        }
    }

    private BodyRead Heard(int bytes)
    {
        flight.Heard(vigil.UpstreamSilence.Silence);
        return new(bytes);
    }

    private BodyRead Lost(Exception e)
    {
        flight.ClosedBy(Side.Upstream);
        if (e is InvalidDataException)
        {
            return new(0, ErrorCodes.StreamGarbled, e.Message);
        }

        var failure = UpstreamFailure.From(e, trace, afterHeaders: true);
        return new(0, failure.Code, failure.Detail);
    }

    private async ValueTask AbandonAsync(ValueTask<int> read)
    {
        await vigil.AbandonAsync(read);
        try
        {
            await read;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or HttpRequestException or InvalidDataException)
        {
            // Given up by ourselves: whatever it says now says nothing.
        }
    }

    private BodyRead EndOf(Alarm alarm) => alarm switch
    {
        Alarm.ClientGone => new(0) { ClientGone = true },
        Alarm.Stopping => new(0, ErrorCodes.GatewayStopped),
        Alarm.Overtime => new(0, ErrorCodes.TotalTimeout),
        _ => new(0, SilenceCode),
    };
}
