using System.Diagnostics.CodeAnalysis;
using ModelService.Models.Errors;
using ModelService.Models.Prediction;

namespace ModelService.Models.Scheduling;

/// <summary>What is under way in the whole server, from decoding to scores: bounded, so that no crowd of requests takes all memory.</summary>
internal sealed class AdmissionLimiter(BatchingOptions options)
{
    private readonly Lock gate = new();
    private long inputsUnderWay;
    private long bytesUnderWay;

    /// <summary>Lets a request in.</summary>
    /// <param name="inputs">How many inputs it has.</param>
    /// <param name="bytes">What they take, decoded.</param>
    /// <param name="admission">The caller disposes it when it is over.</param>
    /// <param name="refusal"><see cref="ErrorCode.Overloaded"/>: too much is under way. No exception: the more are refused, the less each of them may cost.</param>
    /// <returns>Whether it may go on.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.BodyTooLarge"/>: it would be too much alone.</exception>
    public bool TryAdmit(
        int inputs,
        long bytes,
        [NotNullWhen(true)] out IDisposable? admission,
        [NotNullWhen(false)] out Refusal? refusal
    )
    {
        if (bytes > options.BytesLimit)
        {
            throw new ServingException(
                ErrorCode.BodyTooLarge,
                $"The request's {inputs} inputs take {bytes} bytes; {options.BytesLimit} may be under way at once. Send fewer in one request."
            );
        }

        (admission, refusal) = (null, null);
        lock (gate)
        {
            if (inputsUnderWay + inputs > options.InputsLimit || bytesUnderWay + bytes > options.BytesLimit)
            {
                refusal = new Refusal(
                    ErrorCode.Overloaded,
                    $"{inputsUnderWay} inputs of {bytesUnderWay} bytes are under way in this server; it takes {options.InputsLimit} of {options.BytesLimit} bytes at once. Try again in a moment."
                );
                return false;
            }

            inputsUnderWay += inputs;
            bytesUnderWay += bytes;
        }

        admission = new Admission(this, inputs, bytes);
        return true;
    }

    private sealed class Admission(AdmissionLimiter all, int inputs, long bytes) : IDisposable
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
