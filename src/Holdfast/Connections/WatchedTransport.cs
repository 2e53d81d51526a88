using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Holdfast.Connections;

/// <summary>Tells a connection's state that request bytes were looked at, or that reading failed; passes everything
/// through as it is. Costs a virtual call a read and, for one that has to wait, a pooled object.</summary>
internal sealed class WatchedTransport(IDuplexPipe inner, ConnectionState state) : PipeReader, IDuplexPipe
{
    private readonly PipeReader _input = inner.Input;

    public PipeReader Input => this;

    public PipeWriter Output { get; } = inner.Output;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var read = _input.ReadAsync(cancellationToken);

            // Between requests there is nothing that could end over a failure.
            return read.IsCompletedSuccessfully || !state.IsBusy ? read : WaitAsync(read);
        }
        catch (IOException)
        {
            // A failure that is known already is thrown at once.
            state.InputFailed();
            throw;
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        try
        {
            return _input.TryRead(out result);
        }
        catch (IOException)
        {
            state.InputFailed();
            throw;
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    // Called after each read that brought something: the place to see bytes without looking at each result.
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        state.BytesSeen();
        _input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => _input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _input.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => _input.CompleteAsync(exception);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> WaitAsync(ValueTask<ReadResult> read)
    {
        try
        {
            return await read;
        }
        catch (IOException)
        {
            // Now, not when the connection's end is announced: by then the request may have ended over it.
            state.InputFailed();
            throw;
        }
    }
}
