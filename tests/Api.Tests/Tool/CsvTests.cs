using System.Text;
using ModelService.Tool.Scores;

namespace ModelService.Api.Tests.Tool;

/// <summary>Records of comma-separated values.</summary>
public sealed class CsvTests
{
    [Fact]
    public void Read_WhatWasWritten_IsTheSameUpToTheLastWholeRecord()
    {
        string[][] records =
        [
            ["a", "", "b,c"],
            ["\"quoted\"", "two\nlines", "ä\r"],
            ["", "", ""],
        ];
        var bytes = Encoding.UTF8.GetBytes(string.Concat(records.Select(Csv.Write)));
        var ends = Enumerable.Range(1, 3).Select(count => string.Concat(records.Take(count).Select(Csv.Write)));
        int[] lengths = [0, .. ends.Select(Encoding.UTF8.GetByteCount)];

        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var (read, length) = Csv.Read(bytes.AsSpan(0, cut));

            Assert.Equal(lengths.Last(end => end <= cut), length);
            Assert.Equal(records.Take(lengths.Count(end => end <= cut) - 1), read);
        }
    }
}
