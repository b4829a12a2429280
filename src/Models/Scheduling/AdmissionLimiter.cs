using ModelService.Models.Errors;

namespace ModelService.Models.Scheduling;

/// <summary>
/// Bounds the inputs that the whole server works on, from decoding to scores, so that no crowd of requests takes all
/// memory. Thread-safe.
/// </summary>
internal sealed class AdmissionLimiter(BatchingOptions options)
{
    private readonly Lock gate = new();
    private long admittedInputs;
    private long admittedBytes;

    /// <summary>Admits a request.</summary>
    /// <param name="inputs">Inputs of the request.</param>
    /// <param name="bytes">Bytes of these inputs, decoded.</param>
    /// <returns>The admission, which ends when it is disposed; or <see cref="ErrorCode.Overloaded"/>.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.BodyTooLarge"/>: the request alone exceeds the limit.</exception>
    public Outcome<Admission> Admit(int inputs, long bytes)
    {
        if (bytes > options.BytesLimit)
        {
            throw new ServingException(
                ErrorCode.BodyTooLarge,
                $"The request's {inputs} inputs take {bytes} bytes; {options.BytesLimit} may be under way at once. "
                    + "Send fewer in one request."
            );
        }

        lock (gate)
        {
            if (admittedInputs + inputs > options.InputsLimit || admittedBytes + bytes > options.BytesLimit)
            {
                return new Failure(
                    ErrorCode.Overloaded,
                    $"{admittedInputs} inputs of {admittedBytes} bytes are under way in this server; it takes "
                        + $"{options.InputsLimit} of {options.BytesLimit} bytes at once. Try again in a moment."
                );
            }

            admittedInputs += inputs;
            admittedBytes += bytes;
            return new Admission(this, inputs, bytes);
        }
    }

    private void Release(int inputs, long bytes)
    {
        lock (gate)
        {
            admittedInputs -= inputs;
            admittedBytes -= bytes;
        }
    }

    /// <summary>What an admitted request takes of the limits, until it is disposed.</summary>
    internal sealed class Admission(AdmissionLimiter limiter, int inputs, long bytes) : IDisposable
    {
        /// <summary>Ends the admission.</summary>
        public void Dispose() => limiter.Release(inputs, bytes);
    }
}
