using ModelService.Models.Errors;

namespace ModelService.Models.Serving;

/// <summary>What is under way in the whole server, from decoding to scores: bounded, so that no crowd of requests takes all memory.</summary>
internal sealed class InFlight(BatchingOptions options)
{
    private readonly Lock gate = new();
    private long inputsUnderWay;
    private long bytesUnderWay;

    /// <summary>Lets a request in; it is under way until the result is disposed.</summary>
    /// <param name="inputs">How many inputs it has.</param>
    /// <param name="bytes">What they take, decoded.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.Overloaded"/>: too much is under way; <see cref="ErrorCode.BodyTooLarge"/>: it would be too much alone.</exception>
    public IDisposable Enter(int inputs, long bytes)
    {
        if (bytes > options.BytesLimit) throw new ServingException(ErrorCode.BodyTooLarge, $"The request's {inputs} inputs take {bytes} bytes; {options.BytesLimit} may be under way at once. Send fewer in one request.");
        lock (gate)
        {
            if (inputsUnderWay + inputs > options.InputsLimit || bytesUnderWay + bytes > options.BytesLimit)
                throw new ServingException(ErrorCode.Overloaded, $"{inputsUnderWay} inputs of {bytesUnderWay} bytes are under way in this server; it takes {options.InputsLimit} of {options.BytesLimit} bytes at once. Try again in a moment.");
            inputsUnderWay += inputs;
            bytesUnderWay += bytes;
        }

        return new Entered(this, inputs, bytes);
    }

    private sealed class Entered(InFlight all, int inputs, long bytes) : IDisposable
    {
        public void Dispose()
        {
            lock (all.gate)
            {
                all.inputsUnderWay -= inputs;
                all.bytesUnderWay -= bytes;
            }
        }
    }
}
