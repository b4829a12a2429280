using ModelService.Models.Errors;

namespace ModelService.Models.Scheduling;

/// <summary>
/// Limits the inputs in progress in the whole server, from decoding to scores, so that many requests at once can't use
/// up the memory. Thread-safe.
/// </summary>
/// <param name="options">The limits on inputs and on their bytes.</param>
internal sealed class AdmissionLimiter(BatchingOptions options)
{
    private readonly Lock gate = new();
    private long admittedInputs;
    private long admittedBytes;

    /// <summary>Admits a request.</summary>
    /// <param name="inputs">Number of inputs of the request.</param>
    /// <param name="bytes">Size of these inputs after decoding, and of their scores, in bytes.</param>
    /// <returns>
    /// The admission, which the caller disposes to end it; or <see cref="ErrorCode.Overloaded"/>; or <see
    /// cref="ErrorCode.BodyTooLarge"/>: the request alone exceeds the limit on bytes.
    /// </returns>
    public Outcome<Admission> Admit(int inputs, long bytes)
    {
        if (bytes > options.BytesLimit)
        {
            return new Failure(
                ErrorCode.BodyTooLarge,
                $"The request's {inputs} inputs and their scores need {bytes} bytes; "
                    + $"at most {options.BytesLimit} are allowed. "
                    + "Send fewer inputs per request."
            );
        }

        lock (gate)
        {
            if (admittedInputs + inputs > options.InputsLimit || admittedBytes + bytes > options.BytesLimit)
            {
                return new Failure(
                    ErrorCode.Overloaded,
                    $"The server is working on {admittedInputs} inputs, which need {admittedBytes} bytes with their "
                        + $"scores; at most {options.InputsLimit} inputs of {options.BytesLimit} bytes are allowed. "
                        + "Try again in a moment."
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

    /// <summary>The part of the limits that an admitted request uses; disposing it gives that part back.</summary>
    internal sealed class Admission(AdmissionLimiter limiter, int inputs, long bytes) : IDisposable
    {
        /// <summary>Ends the admission.</summary>
        public void Dispose() => limiter.Release(inputs, bytes);
    }
}
