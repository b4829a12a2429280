using System.Globalization;
using System.Text;
using ModelService.Client;

namespace ModelService.Tool.Scores;

/// <summary>
/// A file with a line for each photo that was scored. A line is written when its answer has come, so that a run that
/// was killed goes on where it was. Thread-safe.
/// </summary>
internal sealed class ScoresFile : IDisposable
{
    private readonly Lock gate = new();
    private readonly FileStream file;
    private readonly HashSet<string> done;
    private readonly string model;
    private readonly int top;

    private ScoresFile(FileStream file, HashSet<string> done, string model, int top) =>
        (this.file, this.done, this.model, this.top) = (file, done, model, top);

    /// <summary>The photos that it has.</summary>
    public IReadOnlySet<string> Done => done;

    /// <summary>Begins a file, or goes on with one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model that scores.</param>
    /// <param name="top">The number of best classes in a line.</param>
    /// <exception cref="UsageException">The file has something else.</exception>
    public static ScoresFile Open(string path, string model, int top)
    {
        // Only one run writes it.
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            var (records, length) = Csv.Read(bytes);
            var header = Header(top);
            var isOurs =
                records.Count > 0
                    ? records[0].SequenceEqual(header)
                    : Csv.Write(header).StartsWith(Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
            if (!isOurs)
                throw new UsageException($"{path} is there already, and has no scores with the {top} best classes.");
            if (records.Skip(1).FirstOrDefault(record => record[1] != model) is { } other)
                throw new UsageException($"{path} has scores of the model '{other[1]}'. Name another file.");
            file.SetLength(length);
            file.Position = length;
            var scores = new ScoresFile(file, [.. records.Skip(1).Select(record => record[0])], model, top);
            if (records.Count == 0)
                scores.Write(header);
            return scores;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds the scores of a photo.</summary>
    /// <param name="photo">Its name.</param>
    /// <param name="answer">What the server has answered.</param>
    public void Add(string photo, PredictResponse answer)
    {
        var prediction = answer.Predictions[0];
        if (prediction.Error is { } error)
            Add(photo, error.Code, answer.Version);
        else
            Add(photo, "", answer.Version, prediction.Top ?? []);
    }

    /// <summary>Adds a photo that can't be scored.</summary>
    /// <param name="photo">Its name.</param>
    /// <param name="error">The code of the error.</param>
    public void Add(string photo, string error) => Add(photo, error, version: null);

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private static string[] Header(int top) =>
        [
            "file",
            "model",
            "version",
            "error",
            .. Enumerable.Range(1, top).SelectMany(rank => (string[])[$"label_{rank}", $"probability_{rank}"]),
        ];

    private void Add(string photo, string error, int? version, IReadOnlyList<TopClassResponse>? best = null)
    {
        var classes = (best ?? []).SelectMany(item =>
            (string[])
                [
                    item.Label ?? item.ClassIndex.ToString(CultureInfo.InvariantCulture),
                    item.Probability.ToString("R", CultureInfo.InvariantCulture),
                ]
        );
        string[] fields = [photo, model, version?.ToString(CultureInfo.InvariantCulture) ?? "", error, .. classes];
        Write([.. fields, .. Enumerable.Repeat("", Header(top).Length - fields.Length)]);
    }

    // In one call, and to the system at once: what a killed process has written stays.
    private void Write(string[] fields)
    {
        var line = Encoding.UTF8.GetBytes(Csv.Write(fields));
        lock (gate)
        {
            file.Write(line);
            file.Flush();
        }
    }
}
