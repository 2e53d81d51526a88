using System.IO.Pipelines;

namespace Holdfast.Hosting;

/// <summary>Tells a connection's state that request bytes were looked at; passes everything else through as it is.
/// Costs one virtual call a read and allocates nothing.</summary>
internal sealed class WatchedTransport(IDuplexPipe inner, ConnectionState state) : PipeReader, IDuplexPipe
{
    private readonly PipeReader _input = inner.Input;

    public PipeReader Input => this;

    public PipeWriter Output { get; } = inner.Output;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        _input.ReadAsync(cancellationToken);

    public override bool TryRead(out ReadResult result) => _input.TryRead(out result);

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    // A reader must advance after each read that brought something, and cannot after one that failed with a reset:
    // this is the one place that sees bytes without looking at each result.
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        state.BytesSeen();
        _input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => _input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _input.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => _input.CompleteAsync(exception);
}
