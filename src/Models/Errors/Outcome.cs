using System.Diagnostics.CodeAnalysis;

namespace ModelService.Models.Errors;

/// <summary>A value, or the failure in its place.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
public sealed class Outcome<T>
    where T : class
{
    private Outcome(T? value, Failure? failure) => (Value, Failure) = (value, failure);

    /// <summary>The value; null after a failure.</summary>
    public T? Value { get; }

    /// <summary>The failure; null after a success.</summary>
    public Failure? Failure { get; }

    /// <summary>Gets the value or the failure.</summary>
    /// <param name="value">The value; null after a failure.</param>
    /// <param name="failure">The failure; null after a success.</param>
    /// <returns>Whether there is a value.</returns>
    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out Failure? failure)
    {
        (value, failure) = (Value, Failure);
        return value is not null;
    }

    /// <summary>Returns the value.</summary>
    /// <exception cref="ServingException">There is a failure instead.</exception>
    public T OrThrow() => Value ?? throw new ServingException(Failure!);

    /// <summary>Turns the value into another one; a failure stays as it is.</summary>
    /// <param name="next">Turns the value into another one.</param>
    public Outcome<TNext> Then<TNext>(Func<T, TNext> next)
        where TNext : class => Value is null ? Failure! : next(Value);

    /// <summary>Creates a success.</summary>
    /// <param name="value">The value.</param>
    public static implicit operator Outcome<T>(T value) => new(value, null);

    /// <summary>Creates a failure.</summary>
    /// <param name="failure">The failure.</param>
    public static implicit operator Outcome<T>(Failure failure) => new(null, failure);
}

/// <summary>Where exceptions end and outcomes begin.</summary>
public static class Outcome
{
    /// <summary>Runs an operation, and returns the failure that it throws.</summary>
    /// <param name="operation">The operation.</param>
    public static Outcome<T> Of<T>(Func<T> operation)
        where T : class
    {
        try
        {
            return operation();
        }
        catch (ServingException exception)
        {
            return exception.Failure;
        }
    }

    /// <summary>Runs an operation, and returns the failure that it throws.</summary>
    /// <param name="operation">The operation.</param>
    public static async Task<Outcome<T>> OfAsync<T>(Func<Task<T>> operation)
        where T : class
    {
        try
        {
            return await operation();
        }
        catch (ServingException exception)
        {
            return exception.Failure;
        }
    }
}
